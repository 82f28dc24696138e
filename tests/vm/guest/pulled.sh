# SPDX-License-Identifier: Apache-2.0
# The power fails when the database is on the disk, with an image that has just been pulled. What else belongs to that
# has to be there as well.
settle
start_registry
rtctl pull -q $pulled
touch /var/lib/was-pulled
sync --data /var/lib/rt/rt.db /var/lib/rt/rt.db-wal /var/lib/was-pulled
mark busy
sleep infinity
