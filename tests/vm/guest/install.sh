# SPDX-License-Identifier: Apache-2.0
# The package, on a system that has never seen rt.

enabled() { find /etc/systemd /etc/init.d /etc/rc?.d /etc/cron* 2>/dev/null | sort; }

the_host_has_one_hierarchy_of_version_2_and_systemd() {
    same cgroup2fs "$(stat -f -c %T /sys/fs/cgroup)"
    same systemd "$(cat /proc/1/comm)"
}
the_package_installs_and_starts_nothing() {
    enabled >/run/enabled-before
    dpkg --install $payload/rt.deb
    dpkg --verify rt
    enabled | cmp - /run/enabled-before
    refused pgrep -x rt-shim
    refused test -e /var/lib/rt
    refused test -e /sys/fs/cgroup/rt
}
its_drivers_can_work_here() {
    rtctl config check
    same "2 cgroupfs overlayfs" "$(rtctl info --format '{{.CgroupVersion}} {{.CgroupDriver}} {{.Driver}}')"
}
its_configuration_file_is_kept_when_it_was_changed() {
    echo '{ "cgroup_parent": "/other" }' >/etc/rt/config.json
    dpkg --install $payload/rt.deb
    grep other /etc/rt/config.json
    echo '{}' >/etc/rt/config.json
}
removing_it_leaves_state_and_containers_alone() {
    import_busybox
    rtctl run -d --name kept busybox sleep 1000
    dpkg --remove rt
    test -e /var/lib/rt/rt.db
    dpkg --install $payload/rt.deb
    same running "$(status_of kept)"
    remove kept
}

suite install the_host_has_one_hierarchy_of_version_2_and_systemd the_package_installs_and_starts_nothing \
    its_drivers_can_work_here its_configuration_file_is_kept_when_it_was_changed \
    removing_it_leaves_state_and_containers_alone

command -v rtctl >/dev/null || give_up "the package is not installed"
