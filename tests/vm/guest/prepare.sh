# SPDX-License-Identifier: Apache-2.0
# What is there when the machine goes down in good order.
has_image busybox || import_busybox
writes='echo kept >/file; exec sleep 1000'
rtctl run -d --name plain busybox sh -c "$writes"
rtctl run -d --name always --restart always busybox sh -c "$writes"
rtctl run -d --name stopped --restart unless-stopped busybox sleep 1000
rtctl stop -t 0 stopped
rtctl run -d --name still busybox sleep 1000
rtctl pause still
rtctl create --name never busybox true
eventually wrote plain
eventually wrote always
