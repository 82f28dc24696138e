# SPDX-License-Identifier: Apache-2.0
# Completion of rtd for fish.
complete -c rtd -f
complete -c rtd -l config -r -F -d 'the wiring file'
complete -c rtd -s H -l host -x -a 'unix:// tcp:// fd://' -d 'where to listen'
complete -c rtd -s G -l group -x -a '(__fish_complete_groups)' -d 'who may use unix sockets'
complete -c rtd -l allow-open-tcp -d 'listen on loopback without TLS'
complete -c rtd -l tlscacert -r -F -d 'authority of clients'
complete -c rtd -l tlscert -r -F -d 'certificate'
complete -c rtd -l tlskey -r -F -d 'key'
complete -c rtd -l metrics -x -d 'show counters there'
complete -c rtd -l log-requests -d 'a line for each request'
complete -c rtd -s D -l debug -d 'log all that drivers say'
complete -c rtd -s v -l version -d 'show the version'
complete -c rtd -s h -l help -d 'show the options'
