# SPDX-License-Identifier: Apache-2.0
# What the phases share: tests with a verdict each, and words about containers.

# NAME: what rt.NAME= on the kernel's command line says.
word() { sed -nE "s/(.* )?rt\.$1=([^ ]*).*/\2/p" /proc/cmdline; }

# A line for whoever started the machine.
mark() { echo "RT-VM: $*" >/dev/console; }

escape() { sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' -e 's/"/\&quot;/g' | tr -cd '\11\12\15\40-\176'; }

# suite NAME FUNCTION...: runs each function in a shell of its own that ends at the first command that fails. After one
# that has failed, after_failure() is called where there is one.
suite() {
    local name=$1 test start text failures=0 cases=""
    shift
    for test in "$@"; do
        start=$EPOCHREALTIME
        # Not as a condition: there, bash passes over what fails.
        (set -eE; trap 'echo "$BASH_COMMAND: failed in line $LINENO of ${BASH_SOURCE[0]}" >&2' ERR; "$test") \
            >$results/out 2>&1 </dev/null
        if [ $? = 0 ]; then
            text=
        else
            failures=$((failures + 1))
            text="<failure message=\"failed\">$(escape <$results/out)</failure>"
            mark "FAILED $name.$test"
            ! declare -F after_failure >/dev/null || after_failure >/dev/null 2>&1
            sed 's/^/    /' $results/out >/dev/console
        fi
        cases+="<testcase classname=\"$name\" name=\"$test\" time=\"$(seconds_since "$start")\">$text</testcase>"$'\n'
    done
    rm -f $results/out
    echo "<testsuite name=\"$name\" tests=\"$#\" failures=\"$failures\">$cases</testsuite>" >"$results/$name.xml"
    mark "$name: $# tests, $failures failed"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

# Tries until a condition holds.
eventually() {
    local deadline=$((SECONDS + 30))
    until "$@"; do
        [ $SECONDS -lt $deadline ] || { echo "not within 30 s: $*"; return 1; }
        sleep 0.05
    done
}

same() { [ "$1" = "$2" ] || { echo "expected '$1', found '$2'"; return 1; }; }
refused() { ! "$@" || { echo "should have been refused: $*"; return 1; }; }

status_of() { rtctl inspect --format '{{.State.Status}}' "$1"; }
is() { [ "$(status_of "$1")" = "$2" ]; } # NAME STATUS
id_of() { rtctl inspect --format '{{.Id}}' "$1"; }
pid_of() { rtctl inspect --format '{{.State.Pid}}' "$1"; }
cgroup_of() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(pid_of "$1")/cgroup")"; }
remove() { rtctl rm -f "$@" >/dev/null; }

has_image() { rtctl inspect --type image "$1" >/dev/null 2>&1; }
import_busybox() { rtctl import --change 'CMD ["sh"]' $payload/busybox.tar busybox >/dev/null; }
start_registry() {
    mkdir -p /run/registry
    cat >/run/registry/config.yml <<-END
		version: 0.1
		log: { level: error }
		storage: { filesystem: { rootdirectory: $payload/registry }, maintenance: { readonly: { enabled: true } } }
		http: { addr: 127.0.0.1:5000 }
	END
    systemd-run --quiet --unit registry docker-registry serve /run/registry/config.yml
    eventually registry_answers
}
registry_answers() { (echo >/dev/tcp/127.0.0.1/5000) 2>/dev/null; }
pulled=localhost:5000/bench/two-layers:latest

# What is on the disk when the power fails.
settle() {
    has_image busybox || import_busybox
    rtctl run -d --name settled busybox sh -c 'echo kept >/file; exec sleep 1000'
    eventually wrote settled || give_up "nothing could be started"
    rm -f /var/lib/was-pulled
    sync
}
wrote() { rtctl exec "$1" cat /file | grep -qx kept; }
