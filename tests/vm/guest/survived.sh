# SPDX-License-Identifier: Apache-2.0
# What load.sh has left, after the power failed.

names() { rtctl ps -a --format '{{.Names}}'; }

# Of a copy, as the power has left it: rtctl is to be the first that recovers it.
the_database_is_whole() {
    mkdir -p /run/database
    cp /var/lib/rt/rt.db* /run/database
    same ok "$(sqlite3 /run/database/rt.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')"
}
nothing_is_said_to_run() { same '' "$(rtctl ps -q)"; }
what_was_settled_is_there() {
    is settled exited
    rtctl start settled
    same kept "$(rtctl exec settled cat /file)"
}
# An image that is listed is whole, however late it came.
every_image_that_is_listed_is_whole() {
    rtctl images
    rtctl run --rm busybox true
    [ ! -e /var/lib/was-pulled ] || has_image $pulled
    if has_image $pulled; then
        rtctl run --rm $pulled sh -c 'sha256sum -c /data/sums' >/run/sums || { tail -5 /run/sums; return 1; }
    fi
}
every_container_that_is_listed_starts() {
    local name
    for name in $(names); do
        [[ $name == settled ]] || rtctl start "$name"
        rtctl exec "$name" true
    done
}
everything_can_be_removed() {
    local id
    for id in $(rtctl ps -aq); do
        rtctl rm -f "$id"
    done
    same '' "$(rtctl ps -aq)"
    same '' "$(find /sys/fs/cgroup/rt -mindepth 1 -maxdepth 1 -type d ! -name shims)"
    same '' "$(ls /run/rt/containers)"
}
it_can_be_pulled_again() {
    start_registry
    ! has_image $pulled || rtctl rmi $pulled
    rtctl pull -q $pulled
    rtctl run --rm $pulled sh -c 'sha256sum -c /data/sums' >/run/sums
    rtctl rmi $pulled
    systemctl stop registry
}
no_layer_and_no_blob_is_left() {
    rtctl rmi busybox
    find /var/lib/rt/blobs /var/lib/rt/storage -mindepth 1 -type f | head
    same '' "$(find /var/lib/rt/blobs -type f)"
    same '' "$(find /var/lib/rt/storage -name sums -o -name busybox)"
    same ok "$(sqlite3 /var/lib/rt/rt.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')"
}

suite survived the_database_is_whole nothing_is_said_to_run what_was_settled_is_there \
    every_image_that_is_listed_is_whole every_container_that_is_listed_starts everything_can_be_removed \
    it_can_be_pulled_again no_layer_and_no_blob_is_left
