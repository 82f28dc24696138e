/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/*
 * Network backends: CNI's verbs over a function table. A *network* is what containers are attached to; an
 * *endpoint* is one container's place in one network. Backends keep no database: the host stores what
 * create_network() and attach() answered and hands it back with every later call, also after a reboot, when
 * nothing in the kernel is left of it.
 *
 * network JSON (in):
 *   {"id", "name", "options": {...}, "result": {...}?}
 *   id: 12 hex digits, name: [a-zA-Z0-9_.-]+
 * network result:
 *   {"subnets": [{"subnet": "10.88.0.0/20", "gateway": "10.88.0.1"}], ...own keys}
 *   no or empty "subnets": the host allocates no address for endpoints
 * endpoint JSON (in):
 *   {"id", "container_id", "hostname", "interface": "eth0", "network": <network JSON with result>,
 *    "addresses": ["10.88.0.5/20"], "result": {...}?,
 *    "ports": [{"host_ip": "0.0.0.0", "host_port": 8080, "container_port": 80, "protocol": "tcp"}]}
 *   id: 12 hex digits, unique on this host
 * endpoint result:
 *   {"interfaces": [{"name", "mac", "host_name"?}], "addresses": [..], "gateway": "10.88.0.1",
 *    "ports": [... as given, with every host_port filled in], ...own keys}
 *
 * Unknown keys are for newer backends and are ignored. Every function is [thread-safe], also between processes.
 */
/* clang-format on */
#ifndef RTP_NETWORK_H
#define RTP_NETWORK_H

#include <rtp/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RTP_NETWORK_V1 "rt.network/1"

enum {
    /* Containers use the host's network namespace: none is made for them and attach() gets netns_fd -1. */
    RTP_NETWORK_HOST_NAMESPACE = 1u << 0,
    /* Ports can be published. Without this flag the host refuses them before anything is made. */
    RTP_NETWORK_PORTS = 1u << 1
};

typedef struct rtp_network_v1 {
    uint64_t features; /* RTP_NETWORK_* */

    /*
     * Chooses what the network needs (subnet, names) and makes it. With "result" present: makes sure that it
     * exists again as it was (after a reboot), which is quick when it does. RTP_RESOURCE_EXHAUSTED: no free
     * subnet in the pool. Repeatable: the same call again gives the same result.
     */
    rtp_status (*create_network)(void* self, const rtp_call* call, const char* network_json,
                                 const rtp_sink* result, rtp_error* error) RTP_NOEXCEPT;

    /* Removes what create_network() made. Repeatable: RTP_OK if nothing is left. No endpoint is attached. */
    rtp_status (*remove_network)(void* self, const rtp_call* call, const char* network_json,
                                 rtp_error* error) RTP_NOEXCEPT;

    /*
     * Attaches an endpoint to the network namespace netns_fd, before anything of the user's runs in it. The
     * network is made again first where it is missing. RTP_UNAVAILABLE or RTP_ALREADY_EXISTS with the
     * address, port and (where it can be found) holder named: a port is in use. After a failure nothing of
     * the endpoint is left.
     */
    rtp_status (*attach)(void* self, const rtp_call* call, const char* endpoint_json, int32_t netns_fd,
                         const rtp_sink* result, rtp_error* error) RTP_NOEXCEPT;

    /*
     * Removes everything of an endpoint that attach() made, as far as it is there: best effort, repeatable.
     * "result" may be missing (attach was interrupted): what the id leads to is removed. netns_fd: -1 when
     * the namespace is gone.
     */
    rtp_status (*detach)(void* self, const rtp_call* call, const char* endpoint_json, int32_t netns_fd,
                         rtp_error* error) RTP_NOEXCEPT;

    /* RTP_OK: the endpoint is as attach() left it. RTP_FAILED_PRECONDITION: it is not; the message says what
     * differs. */
    rtp_status (*check)(void* self, const rtp_call* call, const char* endpoint_json, int32_t netns_fd,
                        rtp_error* error) RTP_NOEXCEPT;
} rtp_network_v1;

/* Optional: what has gone over the interfaces of an endpoint. */
#define RTP_NETWORK_STATS_V1 "rt.network.stats/1"

typedef struct rtp_network_stats_v1 {
    /*
     * A JSON object with the interfaces of an attached endpoint, named as in the container; rx is what the
     * container has received. Unsigned 64-bit integers that only grow; what is not counted is a missing key.
     *   {"eth0": {"rx_bytes", "rx_packets", "rx_errors", "rx_dropped",
     *             "tx_bytes", "tx_packets", "tx_errors", "tx_dropped"}}
     * RTP_NOT_FOUND: the endpoint is not attached (any more).
     */
    rtp_status (*stats)(void* self, const rtp_call* call, const char* endpoint_json, const rtp_sink* json,
                        rtp_error* error) RTP_NOEXCEPT;
} rtp_network_stats_v1;

#ifdef __cplusplus
}
#endif
#endif
