// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

#include "conntrack.hpp"
#include "container_side.hpp"
#include "counters.hpp"
#include "forward_policy.hpp"
#include "forwarding.hpp"
#include "host_probe.hpp"
#include "host_view.hpp"
#include "leftovers.hpp"
#include "name_redirect.hpp"
#include "networks.hpp"
#include "nft_ports.hpp"
#include "nft_table.hpp"
#include "sysctl.hpp"

#include <rt/sdk/rollback.hpp>

#include <algorithm>
#include <ctime>

namespace rt::bridge {

using sdk::Code;
using sdk::fail;

sdk::Result<std::unique_ptr<BridgeDriver>> BridgeDriver::create(sdk::Host host,
                                                                std::string_view config_json) {
    RT_TRY_ASSIGN(Config config, parse_config(config_json));
    return std::unique_ptr<BridgeDriver>(new BridgeDriver(host, std::move(config)));
}

sdk::Result<std::string> BridgeDriver::probe(sdk::Call) {
    return probe_host(config_);
}

sdk::Result<std::string> BridgeDriver::create_network(sdk::Call call, std::string_view network_json) {
    RT_TRY_ASSIGN(Network network, parse_network(network_json));
    RT_TRY(call.check());
    const Directories directories{host_.state_dir(), host_.run_dir()};
    if (network.result) {
        RT_TRY_ASSIGN(const bool made, ensure_network(config_, directories, network));
        if (made) warn_of_other_firewalls();
        return network_result(*network.result);
    }
    RT_TRY_ASSIGN(const NetworkState state, bridge::create_network(config_, directories, network));
    warn_of_other_firewalls();
    return network_result(state);
}

sdk::Result<void> BridgeDriver::remove_network(sdk::Call call, std::string_view network_json) {
    RT_TRY_ASSIGN(const Network network, parse_network(network_json));
    RT_TRY(call.check());
    return bridge::remove_network(config_, {host_.state_dir(), host_.run_dir()}, network);
}

sdk::Result<std::string> BridgeDriver::find_leftovers(sdk::Call call, std::string_view known) {
    RT_TRY(call.check());
    return bridge::find_leftovers(config_, {host_.state_dir(), host_.run_dir()}, known);
}

sdk::Result<void> BridgeDriver::remove_leftover(sdk::Call call, std::string_view known,
                                                std::string_view leftover) {
    RT_TRY(call.check());
    return bridge::remove_leftover(config_, {host_.state_dir(), host_.run_dir()}, known, leftover);
}

namespace {

// 0.0.0.0:80 and 192.0.2.1:80 are the same port.
bool overlap(const PortMapping& a, const PortMapping& b) {
    const bool same_address =
        a.host_address == b.host_address || a.host_address.value == 0 || b.host_address.value == 0;
    return a.host_port != 0 && a.host_port == b.host_port && a.protocol == b.protocol && same_address;
}

sdk::Result<void> accept_ports(const std::vector<PortMapping>& ports) {
    for (auto port = ports.begin(); port != ports.end(); ++port)
        for (auto other = ports.begin(); other != port; ++other)
            if (overlap(*port, *other))
                return fail(Code::invalid_argument, "cannot publish port '", port->text(),
                            "' for the container's port ", port->container_port, ": the same container has '",
                            other->text(), "' for its port ", other->container_port,
                            "; leave one of them out");
    return {};
}

sdk::Result<void> accept_endpoint(const Endpoint& endpoint, int netns_fd) {
    if (endpoint.refused) return std::unexpected(*endpoint.refused);
    if (netns_fd < 0)
        return fail(Code::invalid_argument, "endpoint '", endpoint.id,
                    "' cannot be attached without a network namespace");
    if (!endpoint.network.result)
        return fail(Code::failed_precondition, "network '", endpoint.network.name,
                    "' has not been created yet");
    const NetworkState& state = *endpoint.network.result;
    const Ipv4 address = endpoint.address.address;
    if (endpoint.address.length != state.subnet.length || !state.subnet.contains(address) ||
        address == state.subnet.first() || address == state.subnet.last() || address == state.gateway)
        return fail(Code::invalid_argument, "endpoint '", endpoint.id,
                    "' needs one address that a container can have in '", state.subnet.text(), "', got '",
                    endpoint.address.text(), "'");
    if (state.internal && !endpoint.ports.empty())
        return fail(Code::invalid_argument, "network '", endpoint.network.name,
                    "' is internal: no port is published there");
    return accept_ports(endpoint.ports);
}

} // namespace

sdk::Result<void> BridgeDriver::attach_link(NetlinkSocket& nft, const Endpoint& endpoint, int netns_fd) {
    const NetworkState& state = *endpoint.network.result;
    // The rules go while the bridge stays: `systemctl restart nftables` flushes the whole ruleset.
    RT_TRY_ASSIGN(const RulesSeen rules, look_at_rules(nft, config_.nft_table, state.bridge));
    const bool rules_are_there =
        rules.has_network && is_as_configured(config_, host_.run_dir(), rules.is_closed);
    RT_TRY_ASSIGN(const bool forwards, is_forwarding()); // somebody may have switched it off since
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(auto bridge, find_link(route, state.bridge));
    const bool link_is_there = bridge && bridge->up && bridge->alias == endpoint.network.alias();
    if (!link_is_there || !rules_are_there || !forwards) {
        RT_TRY(ensure_network(config_, {host_.state_dir(), host_.run_dir()}, endpoint.network));
        RT_TRY_ASSIGN(bridge, find_link(route, state.bridge));
        if (!bridge)
            return fail(Code::unavailable, "bridge '", state.bridge,
                        "' was removed while a container was attached to it");
    }
    VethSpec spec{.host_name = endpoint.host_link(),
                  .host_alias = endpoint.alias(),
                  .container_name = endpoint.interface,
                  .mac = endpoint.mac(),
                  .mtu = state.mtu,
                  .bridge_index = bridge->index,
                  .netns_fd = netns_fd,
                  .hairpin = config_.hairpin,
                  .isolated = !state.icc};
    const SysctlView sysctls;
    auto made = make_veth(route, sysctls, spec);
    if (!made && made.error().code == Code::already_exists) {
        RT_TRY(
            delete_link(route, spec.host_name)); // of an attach() of this very endpoint that was interrupted
        made = make_veth(route, sysctls, spec);
    }
    RT_TRY(made);
    sdk::Rollback rollback;
    rollback.add([&] { (void)delete_link(route, spec.host_name); });
    const bool way_out = endpoint.default_route && !state.internal;
    RT_TRY(configure_inside(netns_fd, sysctls, endpoint.interface, endpoint.address,
                            way_out ? std::optional(state.gateway) : std::nullopt));
    RT_TRY(add_addresses(netns_fd, endpoint.interface, endpoint.link_local));
    RT_TRY(settle_links(route, spec.host_name, state.bridge));
    rollback.commit();
    return {};
}

sdk::Result<void> BridgeDriver::attach_ports(NetlinkSocket& nft, Endpoint& endpoint) {
    auto published = publish_ports(nft, config_.nft_table, endpoint);
    if (published) return {};
    if (published.error().code == Code::not_found) { // the table is missing
        RT_TRY(ensure_network(config_, {host_.state_dir(), host_.run_dir()}, endpoint.network));
    } else if (published.error().code == Code::already_exists) {
        RT_TRY(unpublish_ports(nft, config_.nft_table, endpoint)); // ours, of an interrupted attach()
    } else {
        return published;
    }
    return publish_ports(nft, config_.nft_table, endpoint);
}

sdk::Result<std::string> BridgeDriver::attach(sdk::Call call, std::string_view endpoint_json, int netns_fd) {
    RT_TRY_ASSIGN(Endpoint endpoint, parse_endpoint(endpoint_json));
    RT_TRY(accept_endpoint(endpoint, netns_fd));
    RT_TRY(call.check());
    close_used();
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    sdk::Rollback rollback; // after the socket that it uses
    // Ports first: they are what fails most often, and one transaction leaves less to take back than two
    // links.
    if (!endpoint.ports.empty()) {
        RT_TRY(attach_ports(nft, endpoint));
        rollback.add([&] { (void)unpublish_ports(nft, config_.nft_table, endpoint); });
    }
    RT_TRY(attach_link(nft, endpoint, netns_fd));
    rollback.commit();
    close_later(std::move(nft)); // closing waits also for what others have deleted
    return endpoint_result(endpoint);
}

namespace {

sdk::Result<void> forget_flows(NetlinkSocket& nft, const Endpoint& endpoint) {
    const bool udp = std::ranges::count(endpoint.ports, Protocol::udp, &PortMapping::protocol) != 0;
    if (udp && endpoint.address.address.value != 0) return forget_udp_flows(nft, endpoint.address.address);
    return {};
}

sdk::Result<void> detach_ports(NetlinkSocket& nft, const Config& config, const Endpoint& endpoint) {
    RT_TRY(unpublish_ports(nft, config.nft_table, endpoint));
    return forget_flows(nft, endpoint);
}

// An explicit RTM_DELLINK waits for RCU grace periods: 10 to 40 ms (measured on Linux 6.18, 2 CPUs). A pair
// whose other end is in a namespace that has lost its last reference is removed by the kernel in the
// background, without anybody waiting: looking costs 0.04 ms, and closing the port of the bridge at once
// keeps that namespace, which answers ARP until it is torn down, from disturbing whoever gets its address
// next. Whether it has lost it is asked of the kernel, never assumed. The last reference may be held for some
// microseconds after the last process was reaped (seen in one of ten cases), so this is asked for up to a
// millisecond; what still lives then is deleted explicitly.
sdk::Result<bool> leave_to_kernel(NetlinkSocket& route, const std::string& name) {
    constexpr int kAsks = 10;
    for (int i = 0; i < kAsks; ++i) {
        constexpr timespec kPause{0, 100'000};
        if (i != 0) ::nanosleep(&kPause, nullptr);
        RT_TRY_ASSIGN(const auto link, find_link(route, name));
        if (!link) return true;
        RT_TRY_ASSIGN(const bool dying, is_left_to_die(route, *link));
        if (!dying) continue;
        RT_TRY(block_port(route, name));
        return true;
    }
    return false;
}

sdk::Result<void> detach_link(const Endpoint& endpoint, int netns_fd) {
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    if (netns_fd < 0) { // else the caller's descriptor keeps the namespace alive
        RT_TRY_ASSIGN(const bool done, leave_to_kernel(route, endpoint.host_link()));
        if (done) return {};
    }
    return delete_link(route, endpoint.host_link());
}

} // namespace

sdk::Result<void> BridgeDriver::detach(sdk::Call, std::string_view endpoint_json, int netns_fd) {
    RT_TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(endpoint_json));
    std::optional<NetlinkSocket> nft;
    sdk::Result<void> ports;
    if (!endpoint.ports.empty()) {
        close_used();
        auto opened = NetlinkSocket::open(NETLINK_NETFILTER);
        if (opened) nft = std::move(*opened);
        ports = nft ? detach_ports(*nft, config_, endpoint) : std::unexpected(std::move(opened).error());
    }
    auto link = detach_link(endpoint, netns_fd); // whatever became of the ports
    if (nft) close_later(std::move(*nft));
    return ports ? link : ports;
}

sdk::Result<void> BridgeDriver::check(sdk::Call, std::string_view endpoint_json, int netns_fd) {
    RT_TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(endpoint_json));
    RT_TRY(accept_endpoint(endpoint, netns_fd));
    const auto differs = [&](auto&&... what) {
        return fail(Code::failed_precondition, "endpoint '", endpoint.id, "': ", what...,
                    "; restart the container");
    };
    const NetworkState& state = *endpoint.network.result;
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(const auto bridge, look_at_bridge(route, state.bridge, state.gateway));
    if (!bridge.link || !bridge.link->up || !bridge.has_gateway)
        return differs("the bridge '", state.bridge, "' is missing, down or without its address '",
                       state.gateway.text(), "'");
    RT_TRY_ASSIGN(const auto host_link, find_link(route, endpoint.host_link()));
    if (!host_link || !host_link->up || host_link->master != bridge.link->index)
        return differs("the link '", endpoint.host_link(), "' is missing, down or not on '", state.bridge,
                       "'");
    RT_TRY_ASSIGN(NetlinkSocket inside, NetlinkSocket::open(NETLINK_ROUTE, netns_fd));
    RT_TRY_ASSIGN(const auto container_link, find_link(inside, endpoint.interface));
    if (!container_link || !container_link->up || container_link->index != host_link->peer_index)
        return differs("its link '", endpoint.interface, "' in the container is missing or down");
    RT_TRY_ASSIGN(const auto address, address_of_link(inside, container_link->index));
    if (address != endpoint.address)
        return differs("its link '", endpoint.interface, "' has not the address '", endpoint.address.text(),
                       "'");
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    RT_TRY_ASSIGN(const RulesSeen rules, look_at_rules(nft, config_.nft_table, state.bridge));
    if (!rules.has_network || !is_as_configured(config_, host_.run_dir(), rules.is_closed))
        return differs("the rules of '", state.bridge, "' are missing in the nft table '", config_.nft_table,
                       "'");
    RT_TRY_ASSIGN(const bool forwards, is_forwarding());
    if (!forwards && !state.internal) return differs("net.ipv4.ip_forward is 0");
    if (endpoint.ports.empty()) return {};
    return check_ports(nft, config_.nft_table, endpoint);
}

sdk::Result<void> BridgeDriver::set_default_route(sdk::Call call, std::string_view endpoint_json,
                                                  int netns_fd, bool wanted) {
    RT_TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(endpoint_json));
    RT_TRY(accept_endpoint(endpoint, netns_fd));
    RT_TRY(call.check());
    const NetworkState& state = *endpoint.network.result;
    if (wanted && state.internal)
        return fail(Code::failed_precondition, "network '", endpoint.network.name,
                    "' is internal: no default route leads through it");
    return wanted ? replace_default_route(netns_fd, state.gateway)
                  : remove_default_route(netns_fd, state.gateway);
}

sdk::Result<std::string> BridgeDriver::set_ports(sdk::Call call, std::string_view endpoint_json,
                                                 int netns_fd) {
    RT_TRY_ASSIGN(const Endpoint before, parse_endpoint(endpoint_json));
    Endpoint endpoint = before;
    endpoint.ports = before.wanted_ports;
    RT_TRY(accept_endpoint(endpoint, netns_fd));
    RT_TRY(call.check());
    close_used();
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    auto replaced = replace_ports(nft, config_.nft_table, before, endpoint);
    if (!replaced && replaced.error().code == Code::not_found) { // the table is missing
        RT_TRY(ensure_network(config_, {host_.state_dir(), host_.run_dir()}, endpoint.network));
        replaced = replace_ports(nft, config_.nft_table, before, endpoint);
    }
    RT_TRY(replaced);
    if (const auto forgotten = forget_flows(nft, before); !forgotten) // the ports are what they were to be
        host_.warn(forgotten.error().message);
    close_later(std::move(nft));
    return endpoint_result(endpoint);
}

sdk::Result<void> BridgeDriver::redirect_names(sdk::Call call, int netns_fd, std::uint16_t udp_port,
                                               std::uint16_t tcp_port) {
    RT_TRY(call.check());
    return bridge::redirect_names(netns_fd, {udp_port, tcp_port});
}

void BridgeDriver::close_later(NetlinkSocket socket) {
    const std::lock_guard guard(mutex_);
    used_sockets_.push_back(std::move(socket));
}

void BridgeDriver::close_used() {
    std::vector<NetlinkSocket> used;
    const std::lock_guard guard(mutex_);
    used.swap(used_sockets_);
}

void BridgeDriver::warn_of_other_firewalls() const {
    const auto chains = dropping_forward_chains(config_.nft_table);
    if (!chains || chains->empty()) return; // that it cannot be told is for probe
    host_.warn(forward_remedy(chains->front(), config_.bridge_prefix));
}

sdk::Result<std::string> BridgeDriver::stats(sdk::Call call, std::string_view endpoint_json) {
    RT_TRY_ASSIGN(const Endpoint endpoint, parse_endpoint(endpoint_json));
    RT_TRY(call.check());
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(const LinkCounters counters, read_peer_counters(route, endpoint.host_link()));
    return endpoint_counters(endpoint, counters);
}

} // namespace rt::bridge
