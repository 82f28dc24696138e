# SPDX-License-Identifier: Apache-2.0
# What prepare.sh has left, after the machine went down in good order and rt-boot.service has run, as a part of the boot.

what_is_to_run_was_started_by_the_boot() {
    same active "$(systemctl is-active rt-boot)"
    is always running
    is unless running
    rtctl exec always true
    refused grep -q rt-boot "/proc/$(pid_of always)/cgroup"
}
nothing_else_is_said_to_run() {
    same 2 "$(rtctl ps -q | wc -l)"
    same 6 "$(rtctl ps -aq | wc -l)"
    is plain exited
    is stopped exited
    is still exited
    is never created
    same busybox "$(rtctl images --format '{{.Repository}}')"
}
# By the unit's end, not by the kernel's.
each_was_stopped_in_good_order() { same 7 "$(rtctl inspect --format '{{.State.ExitCode}}' plain)"; }
the_journal_of_the_unit_names_what_was_started() {
    journalctl --boot --unit rt-boot --output cat >/run/boot-journal
    cat /run/boot-journal
    grep -qx always /run/boot-journal
    grep -qx unless /run/boot-journal
    refused grep -qE 'plain|stopped|still|never' /run/boot-journal
}
containers_start_again_with_what_they_wrote() {
    local name
    for name in plain always unless; do
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
    for name in plain always unless still new; do
        rtctl inspect --format '{{.NetworkSettings.IPAddress}}' $name
    done | sort >/run/addresses
    refused grep -qx '' /run/addresses
    same '' "$(uniq -d /run/addresses)"
}
everything_can_be_removed() {
    systemctl disable --quiet --now rt-boot # the power cuts are to find nothing that cleans up after them
    remove plain always unless stopped still never new
    same '' "$(rtctl ps -aq)"
    same '' "$(find /sys/fs/cgroup/rt -mindepth 1 -maxdepth 1 -type d ! -name shims)"
}

suite rebooted what_is_to_run_was_started_by_the_boot nothing_else_is_said_to_run each_was_stopped_in_good_order \
    the_journal_of_the_unit_names_what_was_started containers_start_again_with_what_they_wrote \
    addresses_are_given_out_once everything_can_be_removed
