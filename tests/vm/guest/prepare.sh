# SPDX-License-Identifier: Apache-2.0
# What is there when the machine goes down in good order, with the unit for that.
has_image busybox || import_busybox
systemctl enable --quiet --now rt-boot
writes='echo kept >/file; trap "exit 7" TERM; sleep 1000 & wait'
rtctl run -d --name plain busybox sh -c "$writes"
rtctl run -d --name always --restart always busybox sh -c "$writes"
rtctl run -d --name unless --restart unless-stopped busybox sh -c "$writes"
rtctl run -d --name stopped --restart unless-stopped busybox sleep 1000
rtctl stop -t 0 stopped
rtctl run -d --name still --stop-timeout 1 busybox sleep 1000
rtctl pause still
rtctl create --name never busybox true
for name in plain always unless; do eventually wrote $name; done
