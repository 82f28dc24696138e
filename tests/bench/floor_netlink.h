// SPDX-License-Identifier: Apache-2.0
// The few rtnetlink requests of the floor: a batch of messages in one buffer, sent and acknowledged together.
// Single-threaded; a batch belongs to its caller. Every function ends the program on an error.
#ifndef RT_BENCH_FLOOR_NETLINK_H
#define RT_BENCH_FLOOR_NETLINK_H

#include <stdint.h>
#include <sys/types.h>

struct batch {
    int messages;
    uint32_t size;
    _Alignas(8) char bytes[4096];
};

int netlink_open(void);
// Sends the batch, waits until each message is acknowledged, and empties it.
void netlink_commit(int fd, struct batch* batch);

void add_bridge(struct batch* batch, const char* name);
// A veth that is up in the bridge, with its peer "eth0" inside the network namespace of pid. The peer cannot
// be brought up here: the kernel opens it before the two ends know each other.
void add_veth(struct batch* batch, const char* name, int bridge, pid_t pid);
void add_address(struct batch* batch, int link, uint32_t address, uint8_t prefix);
void add_default_route(struct batch* batch, int link, uint32_t gateway);
void set_up(struct batch* batch, int link);

#endif
