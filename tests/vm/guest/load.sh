# SPDX-License-Identifier: Apache-2.0
# Starts, removals and pulls without an end, until the power fails. What is there before is settled.
settle
start_registry

(
    for ((number = 0; ; ++number)); do
        rtctl run -d --name "run-$number" busybox sleep 1000
        [ $number -lt 3 ] || rtctl rm -f "run-$((number - 3))"
        [ $number != 0 ] || touch /run/first-run
    done >/run/starts.log 2>&1
) &
(
    for ((number = 0; ; ++number)); do
        rtctl pull -q $pulled
        [ $number != 0 ] || touch /run/first-pull
        rtctl run --rm $pulled true
        rtctl rmi $pulled
    done >/run/pulls.log 2>&1
) &
eventually test -e /run/first-run -a -e /run/first-pull || cat /run/*.log >/dev/console
mark busy
wait
