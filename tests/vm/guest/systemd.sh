# SPDX-License-Identifier: Apache-2.0
# Containers beside systemd, which is the other one that writes to the tree of cgroups.

limits='-m 64m --cpus 0.5 --pids-limit 30 --cpuset-cpus 0 --cpu-shares 512'
limits_hold() { # CGROUP
    same 67108864 "$(cat "$1/memory.max")"
    same "50000 100000" "$(cat "$1/cpu.max")"
    same 30 "$(cat "$1/pids.max")"
    same 0 "$(cat "$1/cpuset.cpus")"
    same 20 "$(cat "$1/cpu.weight")"
}

limits_are_files_of_the_containers_own_cgroup() {
    rtctl run -d --name limited $limits busybox sleep 1000
    same "/sys/fs/cgroup/rt/$(id_of limited)" "$(cgroup_of limited)"
    limits_hold "$(cgroup_of limited)"
    local cgroup
    cgroup=$(cgroup_of limited)
    remove limited
    refused test -e "$cgroup"
}

systemd_takes_no_controller_and_no_cgroup_away() {
    rtctl run -d --name limited $limits busybox sleep 1000
    local cgroup
    cgroup=$(cgroup_of limited)
    systemctl daemon-reload
    limits_hold "$cgroup"
    systemd-run --quiet --unit other -p MemoryMax=100M -p AllowedCPUs=0-1 -p IOWeight=50 -p CPUQuota=50% -p TasksMax=10 sleep 1000
    limits_hold "$cgroup"
    systemctl stop other # the last of its controllers is given back here
    limits_hold "$cgroup"
    systemctl set-property --runtime system.slice MemoryMax=2G CPUWeight=50 AllowedCPUs=0-1
    systemctl revert system.slice
    systemctl daemon-reexec
    limits_hold "$cgroup"
    rtctl exec limited true
    is limited running
    remove limited
    rtctl run --rm $limits busybox true
}

# What a unit has started goes with it: a container is no part of the unit that happened to start it.
a_container_outlives_the_service_that_started_it() {
    systemd-run --quiet --wait rtctl run -d --name outlives --restart on-failure:1 busybox \
        sh -c 'trap "exit 3" TERM; echo "run"; while :; do sleep 0.1; done'
    sleep 1 # what would kill it has been told to: nothing is there that could be waited for
    is outlives running
    same run "$(rtctl logs outlives)"
    same "/rt/$(id_of outlives)" "$(sed -n s/^0:://p "/proc/$(pid_of outlives)/cgroup")"
    rtctl exec outlives true
    rtctl exec outlives sh -c 'kill -TERM 1' # by itself: who is killed by a user is not started again
    restarted() { [ "$(rtctl inspect --format '{{.RestartCount}}' outlives)" = 1 ] && is outlives running; }
    eventually restarted
    rtctl exec outlives sh -c 'kill -TERM 1'
    eventually is outlives exited
    same 3 "$(rtctl inspect --format '{{.State.ExitCode}}' outlives)"
    remove outlives
}
a_container_outlives_the_session_that_started_it() {
    systemd-run --quiet --scope --unit session rtctl run -d --name outlives busybox sleep 1000
    systemctl stop session.scope 2>/dev/null || true # gone already, where nothing of ours was left in it
    systemctl kill --signal KILL session.scope 2>/dev/null || true
    is outlives running
    rtctl exec outlives true
    rtctl stop -t 1 outlives
    same 137 "$(rtctl inspect --format '{{.State.ExitCode}}' outlives)"
    remove outlives
}
# Its rtctl is killed with the service, and then it is as if the terminal was closed.
a_container_in_the_foreground_of_a_service_goes_on_when_that_is_stopped() {
    systemd-run --quiet --unit foreground rtctl run --name front busybox sleep 1000
    eventually is front running
    systemctl kill --signal KILL foreground
    eventually refused systemctl --quiet is-active foreground
    is front running
    remove front
}
no_process_of_ours_is_left_in_a_unit() {
    systemd-run --quiet --wait rtctl run -d --name one busybox sleep 1000
    local shim
    for shim in $(pgrep -x rt-shim); do
        grep -q '^0::/rt/' "/proc/$shim/cgroup" || { cat "/proc/$shim/cgroup"; return 1; }
    done
    remove one
}

pausing_freezes_the_cgroup() {
    rtctl run -d --name still busybox sh -c 'while :; do echo x >>/ticks; sleep 0.02; done'
    rtctl pause still
    grep -qx 'frozen 1' "$(cgroup_of still)/cgroup.events"
    rtctl unpause still
    grep -qx 'frozen 0' "$(cgroup_of still)/cgroup.events"
    rtctl pause still
    rtctl kill still # version 2 lets a frozen process be killed
    eventually is still exited
    remove still
}
everything_below_a_container_is_killed_with_it() {
    rtctl run -d --name many busybox sh -c 'for i in 1 2 3 4 5; do setsid sleep 1000 & done; sleep 1000'
    local cgroup
    cgroup=$(cgroup_of many)
    many() { [ "$(wc -l <"$cgroup/cgroup.procs")" -ge 6 ]; }
    eventually many
    remove many
    refused test -e "$cgroup"
}
devices_are_filtered() {
    local numbers
    numbers=$(stat -c '%Hr %Lr' /dev/vda)
    refused rtctl run --rm busybox sh -c "mknod /disk b $numbers && head -c 512 /disk >/dev/null"
    rtctl run --rm --device-cgroup-rule "b ${numbers/ /:} rm" busybox sh -c "mknod /disk b $numbers && head -c 512 /disk" | wc -c | grep -qx 512
    refused rtctl run --rm --device-cgroup-rule "b ${numbers/ /:} rm" busybox sh -c "mknod /disk b $numbers && echo >/disk"
    rtctl run --rm --device /dev/vda:/dev/disk:r busybox head -c 512 /dev/disk | wc -c | grep -qx 512
    refused rtctl run --rm --device /dev/vda:/dev/disk:r busybox sh -c 'echo >/dev/disk'
    rtctl run --rm busybox sh -c 'echo >/dev/null; head -c 1 /dev/zero >/dev/null; head -c 1 /dev/urandom >/dev/null'
}
memory_that_is_used_up_ends_the_container_and_is_told() {
    rtctl run -d --name big -m 16m busybox sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1'
    eventually is big exited
    same true "$(rtctl inspect --format '{{.State.OOMKilled}}' big)"
    remove big
}

# A part of the tree that systemd has given away, for those who want containers below a unit.
containers_can_be_below_a_unit_with_delegation() {
    mkdir -p /run/below
    echo '{ "root": "/var/lib/below", "run": "/run/below/run", "cgroup_parent": "/system.slice/below.service/containers" }' >/run/below/config.json
    cat >/run/systemd/system/below.service <<-'END'
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		Delegate=yes
		KillMode=none
		ExecStart=/bin/true
	END
    systemctl daemon-reload
    systemctl start below
    below() { rtctl --config /run/below/config.json "$@"; }
    below import $payload/busybox.tar busybox
    below run -d --name one $limits busybox sleep 1000
    local cgroup
    cgroup=/sys/fs/cgroup/system.slice/below.service/containers/$(below inspect --format '{{.Id}}' one)
    limits_hold "$cgroup"
    systemctl daemon-reload
    systemd-run --quiet --wait -p MemoryMax=100M true
    limits_hold "$cgroup"
    systemctl stop below
    limits_hold "$cgroup"
    below exec one true
    below rm -f one
    refused test -e "$cgroup"
    rm /run/systemd/system/below.service
    systemctl daemon-reload
}

systemd_has_nothing_to_complain_about() {
    refused journalctl --boot --grep 'left-over process|[Ff]ailed to (set|create|enable|attach|migrate).*cgroup|cgroup.*(busy|denied)'
}

after_failure() { rtctl ps -aq | xargs -r rtctl rm -f; }
has_image busybox || import_busybox
suite systemd limits_are_files_of_the_containers_own_cgroup systemd_takes_no_controller_and_no_cgroup_away \
    a_container_outlives_the_service_that_started_it a_container_outlives_the_session_that_started_it \
    a_container_in_the_foreground_of_a_service_goes_on_when_that_is_stopped no_process_of_ours_is_left_in_a_unit \
    pausing_freezes_the_cgroup everything_below_a_container_is_killed_with_it devices_are_filtered \
    memory_that_is_used_up_ends_the_container_and_is_told containers_can_be_below_a_unit_with_delegation \
    systemd_has_nothing_to_complain_about
unset -f after_failure
