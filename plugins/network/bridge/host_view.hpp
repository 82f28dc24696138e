// SPDX-License-Identifier: Apache-2.0
// What the host already has: addresses, routes, forwarding. Reads only.
#pragma once

#include "ipv4.hpp"
#include "links.hpp"
#include "netlink_socket.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt::bridge {

// Every subnet that the host has an address in or a route to, in any table. Default routes are left out, and
// so are the two halves of one (0.0.0.0/1, 128.0.0.0/1) that VPNs set instead of it.
sdk::Result<std::vector<Ipv4Prefix>> taken_subnets(NetlinkSocket& route);

// The first IPv4 address on a link, if it has one.
sdk::Result<std::optional<Ipv4Prefix>> address_of_link(NetlinkSocket& route, int link_index);

// The MTU of the link that the default route leads through; 1500 where there is no default route.
sdk::Result<std::uint32_t> default_route_mtu(NetlinkSocket& route);

// All that decides whether a bridge is as it was made, asked in one system call.
struct BridgeState {
    std::optional<Link> link;
    bool has_gateway = false; // the gateway's address is on it
    bool forwarding = false;  // the host forwards IPv4
};
sdk::Result<BridgeState> look_at_bridge(NetlinkSocket& route, const std::string& name, Ipv4 gateway);

} // namespace rt::bridge
