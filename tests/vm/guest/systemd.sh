# SPDX-License-Identifier: Apache-2.0
# Containers beside systemd, which is the other one that writes to the tree of cgroups.

limits='-m 64m --memory-swap 96m --cpus 0.5 --pids-limit 30 --cpuset-cpus 0 --cpu-shares 512
    --device-read-bps /dev/vda:1mb --device-write-iops /dev/vda:500'
limits_hold() { # CGROUP
    same 67108864 "$(cat "$1/memory.max")"
    same 33554432 "$(cat "$1/memory.swap.max")"
    same "50000 100000" "$(cat "$1/cpu.max")"
    same 30 "$(cat "$1/pids.max")"
    same 0 "$(cat "$1/cpuset.cpus")"
    same 20 "$(cat "$1/cpu.weight")"
    grep -q 'rbps=1048576 wbps=max riops=max wiops=500' "$1/io.max"
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

processes_are_limited() {
    rtctl run -d --name few --pids-limit 5 busybox sh -c 'for i in 1 2 3 4 5 6 7; do sleep 1000 & done'
    eventually is few exited
    rtctl logs few 2>&1 | grep -i fork
    remove few
}
processors_are_limited_and_counted() {
    rtctl run -d --name busy --cpus 0.2 busybox sh -c 'while :; do :; done'
    local cgroup
    cgroup=$(cgroup_of busy)
    throttled() { grep -q '^nr_throttled [1-9]' "$cgroup/cpu.stat"; }
    eventually throttled
    rtctl stats --no-stream --format '{{.CPUPerc}} {{.PIDs}}' busy >/run/stats
    cat /run/stats
    awk '{ sub("%", "", $1); exit !($1 > 1 && $1 < 60 && $2 == 1) }' /run/stats
    remove busy
}
memory_is_counted() {
    rtctl run -d --name big -m 64m busybox sh -c 'dd if=/dev/zero of=/dev/shm/file bs=1M count=20; exec sleep 1000'
    counted() { rtctl stats --no-stream --format '{{.MemUsage}}' big | tee /run/stats | grep -qE '^2[0-9][0-9.]*MiB / 64MiB$'; }
    eventually counted || { cat /run/stats; return 1; }
    remove big
}
# Four times as much as passes in a second.
disks_are_limited_and_counted() {
    local start
    read_some() { rtctl run --name reads --device /dev/vda:/dev/vda:r "$@" busybox dd if=/dev/vda of=/dev/null bs=64k count=8 iflag=direct; }
    start=$EPOCHREALTIME
    read_some --device-read-bps /dev/vda:128kb
    awk -v t="$(seconds_since "$start")" 'BEGIN { print t; exit !(t > 3) }'
    remove reads
    rtctl run -d --name reads --device /dev/vda:/dev/vda:r busybox \
        sh -c 'dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct; exec sleep 1000'
    counted() { rtctl stats --no-stream --format '{{.BlockIO}}' reads | tee /run/stats | grep -q '^1.05MB '; }
    eventually counted || { cat /run/stats; return 1; }
    remove reads
}

systemd_takes_no_controller_and_no_cgroup_away() {
    rtctl run -d --name limited $limits busybox sleep 1000
    local cgroup
    cgroup=$(cgroup_of limited)
    systemctl stop rt-vm-cpuset # it asks for one of these controllers
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
    systemctl start rt-vm-cpuset
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
    same 1 "$(cat "$(cgroup_of still)/cgroup.freeze")"
    grep -qx 'frozen 1' "$(cgroup_of still)/cgroup.events"
    rtctl unpause still
    same 0 "$(cat "$(cgroup_of still)/cgroup.freeze")"
    grep -qx 'frozen 0' "$(cgroup_of still)/cgroup.events"
    rtctl pause still
    rtctl kill still # version 2 lets a frozen process be killed
    eventually is still exited
    remove still
}
# Where no namespace ends them with their first process: by the one word that the kernel has for it.
everything_below_a_container_is_killed_with_it() {
    rtctl run -d --name many --pid host busybox sh -c 'for i in 1 2 3 4 5; do setsid sleep 1000 & done; sleep 1000'
    local cgroup
    cgroup=$(cgroup_of many)
    many() { [ "$(wc -l <"$cgroup/cgroup.procs")" -ge 6 ]; }
    eventually many
    inotifywait --event modify --timeout 60 "$cgroup/cgroup.kill" >/run/written 2>&1 &
    eventually grep -q established /run/written
    remove many
    wait $!
    grep -q MODIFY /run/written
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
    systemd-run --quiet --wait -p Requires=below.service -p After=below.service \
        rtctl --config /run/below/config.json run -d --name two busybox sleep 1000
    grep -q "^0::/system.slice/below.service/containers/" "/proc/$(below inspect --format '{{.State.Pid}}' two)/cgroup"
    below rm -f two
    systemctl stop below
    limits_hold "$cgroup"
    below exec one true
    below rm -f one
    refused test -e "$cgroup"
    rm /run/systemd/system/below.service
    systemctl daemon-reload
}

what_a_service_says_and_why_it_fails_is_in_the_journal() {
    systemd-run --quiet --wait --unit said rtctl run --rm busybox echo 'hello from it'
    journalctl --boot --unit said --output cat | grep -x 'hello from it'
    refused systemd-run --quiet --wait --unit wrong rtctl run --rm --pull never no-such-image
    same 1 "$(journalctl --boot --unit wrong --output cat --identifier rtctl | tee /dev/stderr | grep -c no-such-image)"
}

# One request to rtd, and all of the answer.
ask() { # METHOD TARGET [BODY]
    perl -MIO::Socket::UNIX -e 'my $rtd = IO::Socket::UNIX->new(Peer => "/run/rt/rtd.sock") or die "connect: $!";
        my ($method, $target, $body) = (@ARGV, "");
        print $rtd "$method $target HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
        print while <$rtd>;' -- "$@"
}
# The socket brings rtd up; its restart and its death end nothing, and lose no line.
rtd_is_brought_up_by_its_socket_and_its_end_ends_nothing() {
    systemctl start rtd.socket
    refused systemctl --quiet is-active rtd.service
    ask GET /_ping | grep -q OK
    systemctl --quiet is-active rtd.service
    ask POST '/containers/create?name=served' '{"Image": "busybox", "Cmd": ["sh", "-c",
        "ulimit -n; i=0; while :; do echo $i; i=$((i + 1)); sleep 0.05; done"]}' | grep -q ' 201 '
    ask POST /containers/served/start | grep -q ' 204 '
    local shim
    shim=$(pgrep -x rt-shim)
    systemctl restart rtd.service
    ask GET /containers/served/json | grep -q '"Running":true'
    systemctl kill --signal KILL rtd.service
    ask GET /containers/served/json | grep -q '"Running":true'
    same "$shim" "$(pgrep -x rt-shim)"
    ask POST '/containers/served/stop?t=0' | grep -q ' 204 '
    rtctl logs served >/run/served
    same 1024 "$(head -1 /run/served)" # not as many as rtd may have
    tail -n +2 /run/served | awk '$1 != NR - 1 { exit 1 } END { exit NR < 10 }'
    remove served
    systemctl stop rtd.socket rtd.service
}

systemd_has_nothing_to_complain_about() {
    refused journalctl --boot --grep 'left-over process|[Ff]ailed to (set|create|enable|attach|migrate).*cgroup|cgroup.*(busy|denied)'
}

after_failure() { rtctl ps -aq | xargs -r rtctl rm -f; }
has_image busybox || import_busybox
suite systemd limits_are_files_of_the_containers_own_cgroup processes_are_limited processors_are_limited_and_counted \
    memory_is_counted disks_are_limited_and_counted memory_that_is_used_up_ends_the_container_and_is_told \
    systemd_takes_no_controller_and_no_cgroup_away \
    a_container_outlives_the_service_that_started_it a_container_outlives_the_session_that_started_it \
    a_container_in_the_foreground_of_a_service_goes_on_when_that_is_stopped no_process_of_ours_is_left_in_a_unit \
    pausing_freezes_the_cgroup everything_below_a_container_is_killed_with_it devices_are_filtered \
    containers_can_be_below_a_unit_with_delegation what_a_service_says_and_why_it_fails_is_in_the_journal \
    rtd_is_brought_up_by_its_socket_and_its_end_ends_nothing \
    systemd_has_nothing_to_complain_about
unset -f after_failure
