// SPDX-License-Identifier: Apache-2.0
// The links of a network and of an endpoint, as netlink messages: the bridge, and the veth pair that joins a
// container to it. Stateless; errors name the link.
#pragma once

#include "ipv4.hpp"
#include "netlink_socket.hpp"
#include "sysctl.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace rt::bridge {

using Mac = std::array<std::uint8_t, 6>;

// Locally administered, and the same for the same address: what neighbours remember stays right when it is
// used again.
Mac mac_of(Ipv4 address);
std::string mac_text(const Mac& mac);

// What the kernel says about a link.
struct Link {
    int index = 0;
    int peer_index = 0; // of a veth, in the namespace of its peer
    int master = 0;
    std::uint32_t mtu = 0;
    Mac mac{};
    bool up = false;
    std::string kind; // "bridge", "veth", ...; empty for hardware
    std::string alias;
    std::optional<std::int32_t>
        peer_namespace; // this namespace's number for the peer's; absent: the same one
    bool route_localnet = false;
};

void ask_link(Batch& batch, const std::string& name);
Link read_link(const nlmsghdr* message);
// nullopt: there is none of that name.
sdk::Result<std::optional<Link>> find_link(NetlinkSocket& route, const std::string& name);

// Adds the message that gives a link an address (or leaves it, where it has it).
void add_address(Batch& batch, int index, const Ipv4Prefix& address);

struct BridgeSpec {
    std::string name;
    std::string alias;
    Ipv4Prefix gateway;
    std::uint32_t mtu;
};

bool is_ours(const Link& link, const BridgeSpec& spec);

// Makes the bridge and gives it its address, or completes one that was begun. A link of that name and another
// alias is somebody else's: already_exists.
sdk::Result<void> make_bridge(NetlinkSocket& route, const SysctlView& sysctls, const BridgeSpec& spec);

struct VethSpec {
    std::string host_name;
    std::string host_alias;
    std::string container_name;
    Mac mac;
    std::uint32_t mtu;
    int bridge_index;
    int netns_fd;
    bool hairpin;
    bool isolated; // ports of this kind reach the bridge but not each other
};

// Makes the pair, its one end on the bridge and up, without IPv6, the other in netns_fd.
// already_exists: a link of either name is there. After a failure neither end is left.
sdk::Result<void> make_veth(NetlinkSocket& route, const SysctlView& sysctls, const VethSpec& spec);

// Does the kernel remove this veth by itself, because nothing refers to its peer's namespace any more? Such a
// namespace cannot come back.
sdk::Result<bool> is_left_to_die(NetlinkSocket& route, const Link& link);

// Lets nothing pass between the bridge and this port of it any more; it takes effect at once. OK when it is
// gone, or the bridge is.
sdk::Result<void> block_port(NetlinkSocket& route, const std::string& name);

// Makes the host's end of a veth, and the bridge above it, carry traffic now that the other end is up. The
// kernel does so by itself a little later, in a work queue, and until then drops packets: the first one that
// a container sends, an ARP request, would be repeated only after a second. Asking for a link's state makes
// it catch up at once (Linux 6.9; before, it is a plain question).
sdk::Result<void> settle_links(NetlinkSocket& route, const std::string& host_name, const std::string& bridge);

// OK as well when there is none of that name.
sdk::Result<void> delete_link(NetlinkSocket& route, const std::string& name);

} // namespace rt::bridge
