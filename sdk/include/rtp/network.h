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
 *   id: 12 to 64 hex digits, the first 8 unique on this host; name: [a-zA-Z0-9_.-]+
 *   with RTP_NETWORK_SEVERAL also, for networks that a user made:
 *   "subnets": [{"subnet": "10.1.0.0/24", "gateway": "10.1.0.1" or ""}]: those that were asked for, at most
 *     one of each family is sure to be taken; none: the driver chooses
 *   "internal": true: its endpoints reach each other and the host's end of it, and nothing else
 *   "ipv6": true, with RTP_NETWORK_IPV6: it has a subnet of IPv6 besides that of IPv4
 *   "comes_back": true, to remove_network() only: the network rests and is made again later, with this result.
 *     What create_network() chose for it (its subnet) is given to no other network meanwhile
 * network result:
 *   {"subnets": [{"subnet": "10.88.0.0/20", "gateway": "10.88.0.1"}], ...own keys}
 *   no or empty "subnets": the host allocates no address for endpoints. The subnet of IPv4 comes first
 * endpoint JSON (in):
 *   {"id", "container_id", "hostname", "interface": "eth0", "network": <network JSON with result>,
 *    "addresses": ["10.88.0.5/20"], "result": {...}?,
 *    "ports": [{"host_ip": "0.0.0.0", "host_port": 8080, "container_port": 80, "protocol": "tcp"}]}
 *   id: 12 to 64 hex digits, the first 12 unique on this host
 *   addresses: one for each subnet of the network's result, in the same order
 *   ports: host_ip "" is every address of the host; host_port 0 is one of the driver's choice, which no other
 *     endpoint has, also when several are attached at once; with "held": true the container has had the port
 *     until now by another of its endpoints: that a program of the host listens there too is no reason to refuse
 *   "default_route": false: the container's way out is another endpoint's. Absent: this one's, where the
 *     namespace has none yet
 *   "mac": "02:42:0a:00:00:05", with RTP_NETWORK_MAC: the hardware address. Absent: the driver chooses
 *   "link_local_addresses": ["169.254.1.2"], with RTP_NETWORK_SEVERAL: more addresses of the interface
 *   "driver_options": {...}: one that the driver does not know is refused
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
    RTP_NETWORK_PORTS = 1u << 1,
    /* Users can make networks of it, beside the one that is its own, and give endpoints their addresses. */
    RTP_NETWORK_SEVERAL = 1u << 2,
    /* Endpoints can be given hardware addresses. */
    RTP_NETWORK_MAC = 1u << 3,
    /* Networks that users make can have IPv6. */
    RTP_NETWORK_IPV6 = 1u << 4
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
     * differs. `rtctl doctor` asks it of what runs. */
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
/* Optional. For containers in several networks, whose way out may change while they run. */
#define RTP_NETWORK_ROUTES_V1 "rt.network.routes/1"

typedef struct rtp_network_routes_v1 {
    /*
     * Makes this attached endpoint the container's default route, in place of another's if there is one; with
     * wanted 0 it is this endpoint's no more. Repeatable. Families that the network does not have are left
     * alone.
     */
    rtp_status (*set_default_route)(void* self, const rtp_call* call, const char* endpoint_json,
                                    int32_t netns_fd, int32_t wanted, rtp_error* error) RTP_NOEXCEPT;
} rtp_network_routes_v1;

/* Optional, with RTP_NETWORK_PORTS. For containers whose way out changes while they run: ports go with it. */
#define RTP_NETWORK_PORTS_V1 "rt.network.ports/1"

typedef struct rtp_network_ports_v1 {
    /*
     * The ports of an attached endpoint become those of its "ports", none included, in place of those of its
     * "result"; all else of it stays. Answers its new result. Repeatable, also where an earlier call was
     * interrupted: whatever of either list is published then is seen by the endpoint's id. From an
     * interrupted call on detach() gets the "ports" that were wanted with the "result" from before it, and
     * removes both. Fails as attach() does, and then the ports are as they were.
     */
    rtp_status (*set_ports)(void* self, const rtp_call* call, const char* endpoint_json, int32_t netns_fd,
                            const rtp_sink* result, rtp_error* error) RTP_NOEXCEPT;
} rtp_network_ports_v1;

/* Optional. For names: a container asks for them at an address of its own, at which the host's program
 * answers on ports that leave the container's own port 53 free. */
#define RTP_NETWORK_NAMES_V1 "rt.network.names/1"

typedef struct rtp_network_names_v1 {
    /*
     * Inside the namespace, what is sent to 127.0.0.11:53 goes to the same address's udp_port and tcp_port.
     * Repeatable: other ports take the place of earlier ones. Nothing else of the namespace changes, and it
     * goes with it.
     */
    rtp_status (*redirect_names)(void* self, const rtp_call* call, int32_t netns_fd, uint16_t udp_port,
                                 uint16_t tcp_port, rtp_error* error) RTP_NOEXCEPT;
} rtp_network_names_v1;

#ifdef __cplusplus
}
#endif
#endif
