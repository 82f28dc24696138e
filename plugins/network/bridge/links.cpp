// SPDX-License-Identifier: Apache-2.0
#include "links.hpp"

#include <rt/sdk/rollback.hpp>

#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cstring>

namespace rt::bridge {
namespace {

constexpr int kLoopback = 1; // lo has index 1 in every network namespace

void begin_link(Batch& batch, std::uint16_t type, std::uint16_t flags, const std::string& name) {
    batch.begin(type, flags);
    batch.header<ifinfomsg>();
    batch.put_text(IFLA_IFNAME, name);
}

void change_link(Batch& batch, int index, const std::string& name, unsigned flags) {
    batch.begin(RTM_SETLINK, 0);
    auto* header = batch.header<ifinfomsg>();
    header->ifi_index = index;
    header->ifi_flags = flags;
    header->ifi_change = flags;
    if (index == 0) batch.put_text(IFLA_IFNAME, name);
}

void read_link_info(const nlattr* info, Link& link) {
    each_nested(info, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) link.kind = mnl_attr_get_str(attribute);
    });
}

void read_ipv4_settings(const nlattr* families, Link& link) {
    each_nested(families, [&](const nlattr* family) {
        if (mnl_attr_get_type(family) != AF_INET) return;
        each_nested(family, [&](const nlattr* attribute) {
            const auto* settings = static_cast<const std::uint32_t*>(mnl_attr_get_payload(attribute));
            if (mnl_attr_get_type(attribute) == IFLA_INET_CONF &&
                mnl_attr_get_payload_len(attribute) >= IPV4_DEVCONF_ROUTE_LOCALNET * sizeof *settings)
                link.route_localnet = settings[IPV4_DEVCONF_ROUTE_LOCALNET - 1] != 0;
        });
    });
}

} // namespace

void add_address(Batch& batch, int index, const Ipv4Prefix& address) {
    batch.begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    auto* header = batch.header<ifaddrmsg>();
    header->ifa_family = AF_INET;
    header->ifa_prefixlen = address.length;
    header->ifa_index = static_cast<std::uint32_t>(index);
    batch.put_u32(IFA_LOCAL, address.address.network_order());
    batch.put_u32(IFA_ADDRESS, address.address.network_order());
    batch.put_u32(IFA_BROADCAST, address.last().network_order());
}

Mac mac_of(Ipv4 address) {
    Mac mac{0x02, 0x72};
    for (std::size_t i = 0; i < 4; ++i) mac[2 + i] = static_cast<std::uint8_t>(address.value >> (24 - 8 * i));
    return mac;
}

std::string mac_text(const Mac& mac) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const auto byte : mac) {
        if (!text.empty()) text += ':';
        text += digits[byte >> 4];
        text += digits[byte & 0xf];
    }
    return text;
}

void ask_link(Batch& batch, const std::string& name) {
    begin_link(batch, RTM_GETLINK, 0, name);
    batch.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

Link read_link(const nlmsghdr* message) {
    const auto* header = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    Link link;
    link.index = header->ifi_index;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    each_attribute(message, sizeof *header, [&](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
        case IFLA_LINK: link.peer_index = static_cast<int>(mnl_attr_get_u32(attribute)); break;
        case IFLA_MASTER: link.master = static_cast<int>(mnl_attr_get_u32(attribute)); break;
        case IFLA_MTU: link.mtu = mnl_attr_get_u32(attribute); break;
        case IFLA_ADDRESS:
            if (mnl_attr_get_payload_len(attribute) == link.mac.size())
                std::memcpy(link.mac.data(), mnl_attr_get_payload(attribute), link.mac.size());
            break;
        case IFLA_IFALIAS: link.alias = mnl_attr_get_str(attribute); break;
        case IFLA_LINK_NETNSID:
            link.peer_namespace = static_cast<std::int32_t>(mnl_attr_get_u32(attribute));
            break;
        case IFLA_LINKINFO: read_link_info(attribute, link); break;
        case IFLA_AF_SPEC: read_ipv4_settings(attribute, link); break;
        default: break;
        }
    });
    return link;
}

sdk::Result<std::optional<Link>> find_link(NetlinkSocket& route, const std::string& name) {
    Batch batch;
    ask_link(batch, name);
    std::optional<Link> found;
    RT_TRY_ASSIGN(const auto failures,
                  route.send(batch, [&](const nlmsghdr* message) { found = read_link(message); }));
    if (!failures.empty() && failures.front().error != ENODEV)
        return refused(failures.front(), sdk::cat("look for the link '", name, "'"));
    return found;
}

namespace {

void create_bridge(Batch& batch, const BridgeSpec& spec) {
    begin_link(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, spec.name);
    const Mac mac = mac_of(spec.gateway.address);
    // Given explicitly it is kept; else the bridge takes the lowest of its ports' and changes as containers
    // come and go.
    batch.put(IFLA_ADDRESS, mac.data(), mac.size());
    const auto info = batch.nest(IFLA_LINKINFO);
    batch.put_text(IFLA_INFO_KIND, "bridge");
    const auto data = batch.nest(IFLA_INFO_DATA);
    batch.put_u32(IFLA_BR_STP_STATE, 0);
    batch.put_u32(IFLA_BR_FORWARD_DELAY, 0);
    batch.end(data);
    batch.end(info);
}

} // namespace

bool is_ours(const Link& link, const BridgeSpec& spec) {
    if (link.kind != "bridge") return false;
    // Killed between creating and marking it: the hardware address, which is given with the creation, tells.
    return link.alias.empty() ? link.mac == mac_of(spec.gateway.address) : link.alias == spec.alias;
}

sdk::Result<void> make_bridge(NetlinkSocket& route, const SysctlView& sysctls, const BridgeSpec& spec) {
    const std::string what = sdk::cat("make the bridge '", spec.name, "'");
    Batch create;
    create_bridge(create, spec);
    RT_TRY_ASSIGN(const auto failures, route.send(create));
    if (!failures.empty() && failures.front().error != EEXIST) return refused(failures.front(), what);
    RT_TRY_ASSIGN(const auto link, find_link(route, spec.name));
    if (!link || !is_ours(*link, spec))
        return sdk::fail(
            sdk::Code::already_exists, what,
            ": a link of that name exists that this network did not make; remove it or choose another name");
    RT_TRY(sysctls.disable_ipv6(spec.name));
    Batch configure;
    change_link(configure, link->index, spec.name, 0);
    configure.put(IFLA_IFALIAS, spec.alias.data(), spec.alias.size());
    change_link(configure, link->index, spec.name, 0);
    configure.put_u32(IFLA_MTU, spec.mtu);
    const auto families = configure.nest(IFLA_AF_SPEC);
    const auto ipv4 = configure.nest(AF_INET);
    const auto settings = configure.nest(IFLA_INET_CONF);
    configure.put_u32(IPV4_DEVCONF_ROUTE_LOCALNET,
                      1); // so that a port published on 127.0.0.1 can be forwarded to a container
    configure.end(settings);
    configure.end(ipv4);
    configure.end(families);
    add_address(configure, link->index, spec.gateway);
    change_link(configure, link->index, spec.name, IFF_UP);
    return route.send_all(configure, what);
}

namespace {

void create_veth(Batch& batch, const VethSpec& spec) {
    begin_link(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, spec.host_name);
    batch.put_u32(IFLA_MTU, spec.mtu);
    // Without a number the kernel reserves one queue per possible processor, and then uses one.
    batch.put_u32(IFLA_NUM_TX_QUEUES, 1);
    batch.put_u32(IFLA_NUM_RX_QUEUES, 1);
    batch.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(spec.bridge_index));
    const auto info = batch.nest(IFLA_LINKINFO);
    batch.put_text(IFLA_INFO_KIND, "veth");
    const auto data = batch.nest(IFLA_INFO_DATA);
    const auto peer = batch.nest(VETH_INFO_PEER);
    batch.header<ifinfomsg>();
    batch.put_text(IFLA_IFNAME, spec.container_name);
    batch.put(IFLA_ADDRESS, spec.mac.data(), spec.mac.size());
    batch.put_u32(IFLA_MTU, spec.mtu);
    batch.put_u32(IFLA_NUM_TX_QUEUES, 1);
    batch.put_u32(IFLA_NUM_RX_QUEUES, 1);
    batch.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(spec.netns_fd));
    batch.end(peer);
    batch.end(data);
    batch.end(info);
}

void set_up_port(Batch& batch, const VethSpec& spec) {
    // NEWLINK without CREATE changes a link; only it takes what concerns the port of a bridge.
    begin_link(batch, RTM_NEWLINK, 0, spec.host_name);
    batch.put(IFLA_IFALIAS, spec.host_alias.data(), spec.host_alias.size());
    const auto info = batch.nest(IFLA_LINKINFO);
    batch.put_text(IFLA_INFO_SLAVE_KIND, "bridge");
    const auto data = batch.nest(IFLA_INFO_SLAVE_DATA);
    batch.put_u8(IFLA_BRPORT_MODE, spec.hairpin ? 1 : 0);
    batch.put_u8(IFLA_BRPORT_ISOLATED, spec.isolated ? 1 : 0);
    batch.end(data);
    batch.end(info);
}

} // namespace

sdk::Result<void> make_veth(NetlinkSocket& route, const SysctlView& sysctls, const VethSpec& spec) {
    const std::string what =
        sdk::cat("make the links '", spec.host_name, "' and '", spec.container_name, "' of the container");
    Batch create;
    create_veth(create, spec);
    set_up_port(create, spec);
    RT_TRY_ASSIGN(const auto failures, route.send(create));
    if (!failures.empty() && failures.front().message == 0) return refused(failures.front(), what);
    sdk::Rollback rollback; // the failure to report is the first one
    rollback.add([&] { (void)delete_link(route, spec.host_name); });
    if (!failures.empty()) return refused(failures.front(), what);
    // While it is down. Frames to the addresses that bridges keep to themselves (01:80:c2:00:00:0x) come to
    // the port and not to its bridge, a router's advertisement in them too. And a port that comes up with
    // IPv6 has a route of it, and each that comes and goes has the kernel walk all of them.
    RT_TRY(sysctls.disable_ipv6(spec.host_name));
    Batch up;
    change_link(up, 0, spec.host_name, IFF_UP);
    RT_TRY(route.send_all(up, what));
    rollback.commit();
    return {};
}

sdk::Result<void> settle_links(NetlinkSocket& route, const std::string& host_name,
                               const std::string& bridge) {
    Batch batch;
    ask_link(batch, host_name);
    ask_link(batch, bridge);
    return route.send_all(batch, sdk::cat("look at the links '", host_name, "' and '", bridge, "'"));
}

sdk::Result<bool> is_left_to_die(NetlinkSocket& route, const Link& link) {
    if (!link.peer_namespace) return false;
    if (*link.peer_namespace == NETNSA_NSID_NOT_ASSIGNED) return true; // it has lost its last reference
    Batch batch;
    batch.begin(RTM_GETLINK, 0);
    batch.header<ifinfomsg>()->ifi_index = kLoopback;
    batch.put_u32(IFLA_TARGET_NETNSID, static_cast<std::uint32_t>(*link.peer_namespace));
    RT_TRY_ASSIGN(const auto failures, route.send(batch));
    return !failures.empty() && failures.front().error == EINVAL;
}

sdk::Result<void> block_port(NetlinkSocket& route, const std::string& name) {
    Batch batch;
    begin_link(batch, RTM_NEWLINK, 0, name);
    const auto info = batch.nest(IFLA_LINKINFO);
    batch.put_text(IFLA_INFO_SLAVE_KIND, "bridge");
    const auto data = batch.nest(IFLA_INFO_SLAVE_DATA);
    batch.put_u8(IFLA_BRPORT_STATE, BR_STATE_DISABLED);
    batch.end(data);
    batch.end(info);
    RT_TRY_ASSIGN(const auto failures, route.send(batch));
    const int error = failures.empty() ? 0 : failures.front().error;
    if (error == 0 || error == ENODEV) return {};
    if (error == EOPNOTSUPP || error == ENETDOWN) return {}; // it is on no bridge, or never came up
    return refused(failures.front(), sdk::cat("block the bridge port '", name, "'"));
}

sdk::Result<void> delete_link(NetlinkSocket& route, const std::string& name) {
    Batch batch;
    begin_link(batch, RTM_DELLINK, 0, name);
    RT_TRY_ASSIGN(const auto failures, route.send(batch));
    if (!failures.empty() && failures.front().error != ENODEV)
        return refused(failures.front(), sdk::cat("remove the link '", name, "'"));
    return {};
}

} // namespace rt::bridge
