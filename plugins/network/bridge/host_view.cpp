// SPDX-License-Identifier: Apache-2.0
#include "host_view.hpp"

#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include <algorithm>

namespace rt::bridge {
namespace {

constexpr std::uint32_t kDefaultMtu = 1500;
constexpr int kEtherMtuMin = 68, kEtherMtuMax = 65535;

struct Route {
    Ipv4Prefix destination;
    int out_link = 0;
    std::uint32_t metric = 0;
};

std::optional<std::uint32_t> read_u32(const nlattr* attribute) {
    if (mnl_attr_get_payload_len(attribute) != 4) return std::nullopt;
    return mnl_attr_get_u32(attribute);
}

std::optional<Route> read_route(const nlmsghdr* message) {
    const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
    if (header->rtm_family != AF_INET || (header->rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
    Route route;
    route.destination.length = header->rtm_dst_len;
    each_attribute(message, sizeof *header, [&](const nlattr* attribute) {
        const auto value = read_u32(attribute);
        if (!value) return;
        switch (mnl_attr_get_type(attribute)) {
        case RTA_DST: route.destination.address = Ipv4::from_network_order(*value); break;
        case RTA_OIF: route.out_link = static_cast<int>(*value); break;
        case RTA_PRIORITY: route.metric = *value; break;
        default: break;
        }
    });
    return route;
}

std::optional<Ipv4Prefix> read_address(const nlmsghdr* message) {
    const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
    std::optional<Ipv4> local, peer;
    each_attribute(message, sizeof *header, [&](const nlattr* attribute) {
        const auto value = read_u32(attribute);
        if (value && mnl_attr_get_type(attribute) == IFA_LOCAL) local = Ipv4::from_network_order(*value);
        if (value && mnl_attr_get_type(attribute) == IFA_ADDRESS) peer = Ipv4::from_network_order(*value);
    });
    if (header->ifa_family != AF_INET || (!local && !peer)) return std::nullopt;
    return Ipv4Prefix{local ? *local : *peer, header->ifa_prefixlen};
}

sdk::Result<void> dump_routes(NetlinkSocket& route, const NetlinkSocket::OnMessage& on_message) {
    Batch request;
    request.begin(RTM_GETROUTE, NLM_F_DUMP);
    request.header<rtmsg>()->rtm_family = AF_INET;
    return route.dump(request, "list the host's routes", on_message);
}

sdk::Result<void> dump_addresses(NetlinkSocket& route, const NetlinkSocket::OnMessage& on_message) {
    Batch request;
    request.begin(RTM_GETADDR, NLM_F_DUMP);
    request.header<ifaddrmsg>()->ifa_family = AF_INET;
    return route.dump(request, "list the host's addresses", on_message);
}

} // namespace

sdk::Result<std::vector<Ipv4Prefix>> taken_subnets(NetlinkSocket& route) {
    std::vector<Ipv4Prefix> taken;
    RT_TRY(dump_routes(route, [&](const nlmsghdr* message) {
        const auto found = read_route(message);
        if (found && found->destination.length > 1) taken.push_back(found->destination.subnet());
    }));
    RT_TRY(dump_addresses(route, [&](const nlmsghdr* message) {
        if (const auto found = read_address(message)) taken.push_back(found->subnet());
    }));
    return taken;
}

sdk::Result<std::optional<Ipv4Prefix>> address_of_link(NetlinkSocket& route, int link_index) {
    std::optional<Ipv4Prefix> address;
    RT_TRY(dump_addresses(route, [&](const nlmsghdr* message) {
        const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
        if (!address && static_cast<int>(header->ifa_index) == link_index) address = read_address(message);
    }));
    return address;
}

sdk::Result<std::uint32_t> default_route_mtu(NetlinkSocket& route) {
    std::optional<Route> best;
    RT_TRY(dump_routes(route, [&](const nlmsghdr* message) {
        const auto found = read_route(message);
        if (!found || found->destination.length != 0 || found->out_link == 0) return;
        if (!best || found->metric < best->metric) best = found;
    }));
    if (!best) return kDefaultMtu;
    Batch request;
    request.begin(RTM_GETLINK, 0);
    request.header<ifinfomsg>()->ifi_index = best->out_link;
    std::uint32_t mtu = kDefaultMtu;
    RT_TRY(route.send_all(request, "ask for the MTU of the default route's link",
                          [&](const nlmsghdr* message) { mtu = read_link(message).mtu; }));
    return std::clamp<std::uint32_t>(mtu, kEtherMtuMin, kEtherMtuMax);
}

sdk::Result<BridgeState> look_at_bridge(NetlinkSocket& route, const std::string& name, Ipv4 gateway) {
    Batch batch;
    ask_link(batch, name);
    // Where does the host deliver the gateway's address? With FIB_MATCH the answer is the entry itself, whose
    // link is the bridge, and not lo, through which the packet would go.
    batch.begin(RTM_GETROUTE, 0);
    auto* header = batch.header<rtmsg>();
    header->rtm_family = AF_INET;
    header->rtm_dst_len = 32;
    header->rtm_flags = RTM_F_FIB_MATCH | RTM_F_LOOKUP_TABLE;
    batch.put_u32(RTA_DST, gateway.network_order());
    batch.begin(RTM_GETNETCONF, 0);
    batch.header<netconfmsg>()->ncm_family = AF_INET;
    batch.put_u32(NETCONFA_IFINDEX, static_cast<std::uint32_t>(NETCONFA_IFINDEX_ALL));

    BridgeState state;
    int gateway_link = 0;
    const auto on_message = [&](const nlmsghdr* message) {
        if (message->nlmsg_type == RTM_NEWLINK) state.link = read_link(message);
        if (message->nlmsg_type == RTM_NEWROUTE) {
            const auto found = read_route(message);
            const auto* entry = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
            if (found && entry->rtm_type == RTN_LOCAL) gateway_link = found->out_link;
        }
        if (message->nlmsg_type != RTM_NEWNETCONF) return;
        each_attribute(message, sizeof(netconfmsg), [&](const nlattr* attribute) {
            if (mnl_attr_get_type(attribute) == NETCONFA_FORWARDING)
                state.forwarding = read_u32(attribute).value_or(0) != 0;
        });
    };
    RT_TRY_ASSIGN(const auto failures, route.send(batch, on_message));
    for (const auto& failure : failures) {
        const bool only_absent = failure.message < 2; // no such link; no route to the gateway
        if (!only_absent) return refused(failure, sdk::cat("look at the bridge '", name, "'"));
    }
    state.has_gateway = state.link && gateway_link == state.link->index;
    return state;
}

} // namespace rt::bridge
