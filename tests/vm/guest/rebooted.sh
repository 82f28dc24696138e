# SPDX-License-Identifier: Apache-2.0
# What prepare.sh has left, after the machine went down in good order.

boot_unit() { systemctl cat rt-boot.service >/dev/null 2>&1; }

nothing_is_said_to_run() {
    same '' "$(rtctl ps -q)"
    refused test -e /sys/fs/cgroup/rt
    refused pgrep -x rt-shim
}
everything_is_still_there() {
    same 5 "$(rtctl ps -aq | wc -l)"
    is plain exited
    is always exited
    is stopped exited
    is still exited
    is never created
    same busybox "$(rtctl images --format '{{.Repository}}')"
}
# Only where the tree has that unit. Nobody has enabled it: the package does not.
the_boot_unit_starts_what_is_to_be_started() {
    boot_unit || return 0
    systemctl start rt-boot.service
    eventually is always running
    is plain exited
    is stopped exited
    sleep 1
    is always running # and is no part of the unit that started it
    rtctl stop -t 0 always
}
containers_start_again_with_what_they_wrote() {
    local name
    for name in plain always; do
        rtctl start $name
        eventually wrote_once $name
    done
    rtctl start still
    rtctl exec still true
    rtctl start never
    eventually is never exited
}
wrote_once() { same kept "$(rtctl exec "$1" cat /file)"; }
addresses_are_given_out_once() {
    local name
    rtctl run -d --name new busybox sleep 1000
    for name in plain always still new; do
        rtctl inspect --format '{{.NetworkSettings.IPAddress}}' $name
    done | sort >/run/addresses
    refused grep -qx '' /run/addresses
    same '' "$(uniq -d /run/addresses)"
}
everything_can_be_removed() {
    remove plain always stopped still never new
    same '' "$(rtctl ps -aq)"
    same '' "$(find /sys/fs/cgroup/rt -mindepth 1 -maxdepth 1 -type d ! -name shims)"
}

suite rebooted nothing_is_said_to_run everything_is_still_there the_boot_unit_starts_what_is_to_be_started \
    containers_start_again_with_what_they_wrote addresses_are_given_out_once everything_can_be_removed
