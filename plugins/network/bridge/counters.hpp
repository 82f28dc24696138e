// SPDX-License-Identifier: Apache-2.0
// What has gone over a container's link, counted at the host's end of its veth: the container can neither
// rename nor remove that, and no other namespace has to be entered. Stateless.
#pragma once

#include "netlink_socket.hpp"

#include <cstdint>
#include <string>

namespace rt::bridge {

struct Counters {
    std::uint64_t bytes = 0, packets = 0, errors = 0, dropped = 0;
};

struct LinkCounters {
    Counters received, sent; // by the link's peer: the container
};

// not_found: there is no such link.
sdk::Result<LinkCounters> read_peer_counters(NetlinkSocket& route, const std::string& host_link);

} // namespace rt::bridge
