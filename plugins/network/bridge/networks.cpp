// SPDX-License-Identifier: Apache-2.0
#include "networks.hpp"

#include "forwarding.hpp"
#include "host_view.hpp"
#include "nft_table.hpp"
#include "subnet_pool.hpp"

#include <rt/sdk/unique_fd.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace rt::bridge {
namespace {

using sdk::Code;
using sdk::fail;

sdk::Result<sdk::UniqueFd> lock(const Directories& directories) {
    const std::string path = directories.run + "/networks.lock";
    sdk::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return sdk::fail_errno(errno, "open '", path, "'");
    int result = -1;
    do result = ::flock(fd.get(), LOCK_EX);
    while (result != 0 && errno == EINTR);
    if (result != 0) return sdk::fail_errno(errno, "lock '", path, "'");
    return fd;
}

std::string reservations(const Directories& directories) {
    return directories.state + "/subnets";
}
std::string reservation(const Directories& directories, const std::string& id) {
    return reservations(directories) + "/" + id;
}

std::optional<Ipv4Prefix> read_reservation(const std::string& path) {
    std::array<char, 64> text{};
    const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
    if (size <= 0) return std::nullopt;
    std::string subnet(text.data(),
                       static_cast<std::size_t>(size)); // a link's text cannot be "10.88.0.0/20/.."
    return parse_prefix(subnet);
}

// A symbolic link is made whole or not at all, and needs no file to be written and synced.
sdk::Result<void> reserve(const Directories& directories, const std::string& id, const Ipv4Prefix& subnet) {
    const std::string directory = reservations(directories), path = reservation(directories, id);
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        return sdk::fail_errno(errno, "make '", directory, "'");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return sdk::fail_errno(errno, "replace '", path, "'");
    if (::symlink(subnet.text().c_str(), path.c_str()) != 0)
        return sdk::fail_errno(errno, "make '", path, "'");
    return {};
}

sdk::Result<void> release(const Directories& directories, const std::string& id) {
    const std::string path = reservation(directories, id);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return sdk::fail_errno(errno, "remove '", path, "'");
    return {};
}

} // namespace

std::map<std::string, Ipv4Prefix> reserved_subnets(const Directories& directories) {
    std::map<std::string, Ipv4Prefix> all;
    std::error_code ignored; // no directory: nothing is reserved
    for (const auto& entry : std::filesystem::directory_iterator(reservations(directories), ignored))
        if (const auto subnet = read_reservation(entry.path())) all.emplace(entry.path().filename(), *subnet);
    return all;
}

namespace {

sdk::Result<Ipv4Prefix> choose_subnet(NetlinkSocket& route, const Config& config,
                                      const Directories& directories, const Network& network) {
    const auto& asked = network.options.subnet;
    const auto kept = read_reservation(reservation(directories, network.id));
    if (kept && (!asked || *asked == *kept)) return *kept; // an earlier attempt was interrupted
    RT_TRY_ASSIGN(auto taken, taken_subnets(route));
    for (const auto& [id, subnet] : reserved_subnets(directories))
        if (id != network.id) taken.push_back(subnet);
    if (asked) {
        for (const auto& other : taken)
            if (asked->overlaps(other))
                return fail(Code::failed_precondition,
                            "Pool overlaps with other one on this address space: subnet '", asked->text(),
                            "' of network '", network.name, "' overlaps '", other.text(),
                            "', which this host or another network uses; choose another subnet");
        return *asked;
    }
    const auto chosen = pick_subnet(config.pool, config.prefix_length, std::move(taken));
    if (!chosen)
        return fail(
            Code::resource_exhausted, "no subnet of /", config.prefix_length, " is free in the pool '",
            config.pool.text(), "' for network '", network.name,
            "': routes of this host and other networks cover it; remove unused networks, or set another "
            "'pool' or a longer 'prefix_length' in the driver's config");
    return *chosen;
}

std::string bridge_name(const Config& config, const Network& network) {
    return network.options.bridge_name.value_or(config.bridge_prefix + "-br" + network.id.substr(0, 8));
}

sdk::Result<NetworkState> choose(NetlinkSocket& route, const Config& config, const Directories& directories,
                                 const Network& network) {
    const auto& options = network.options;
    NetworkState state;
    RT_TRY_ASSIGN(state.subnet, choose_subnet(route, config, directories, network));
    state.gateway = options.gateway.value_or(Ipv4{state.subnet.first().value + 1});
    if (!state.subnet.contains(state.gateway) || state.gateway == state.subnet.first() ||
        state.gateway == state.subnet.last())
        return fail(Code::invalid_argument, "gateway '", state.gateway.text(), "' of network '", network.name,
                    "' is not a host address in its subnet '", state.subnet.text(), "'");
    state.bridge = bridge_name(config, network);
    state.internal = options.internal;
    state.masquerade = !state.internal && options.masquerade.value_or(config.masquerade);
    state.icc = options.icc.value_or(config.icc);
    state.mtu = options.mtu.value_or(config.mtu);
    if (state.mtu == 0) {
        RT_TRY_ASSIGN(state.mtu, default_route_mtu(route));
    }
    return state;
}

BridgeSpec spec_of(const Network& network, const NetworkState& state) {
    return {state.bridge, network.alias(), {state.gateway, state.subnet.length}, state.mtu};
}

sdk::Result<void> make(NetlinkSocket& route, const Config& config, const Directories& directories,
                       const Network& network, const NetworkState& state) {
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    // The bridge is refused first if its name is somebody else's; its route_localnet is safe only behind the
    // rules.
    RT_TRY_ASSIGN(const auto existing, find_link(route, state.bridge));
    if (!existing || is_ours(*existing, spec_of(network, state)))
        RT_TRY(add_network(nft, config.nft_table,
                           {state.bridge, state.subnet, state.masquerade, config.hairpin && !state.internal,
                            state.internal}));
    const SysctlView sysctls;
    RT_TRY(make_bridge(route, sysctls, spec_of(network, state)));
    return start_forwarding(nft, config, directories.run, state.bridge);
}

sdk::Result<void> unmake(NetlinkSocket& route, const Config& config, const Directories& directories,
                         const Network& network, const std::string& bridge,
                         std::optional<Ipv4Prefix> gateway) {
    RT_TRY_ASSIGN(const auto link, find_link(route, bridge));
    // Never a bridge that somebody else made under this name.
    const bool ours = link && is_ours(*link, {bridge, network.alias(), gateway.value_or(Ipv4Prefix{}), 0});
    if (ours) RT_TRY(delete_link(route, bridge));
    if (ours || !link) {
        RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
        RT_TRY(remove_network(nft, config.nft_table, bridge, gateway));
        RT_TRY(end_forwarding(nft, config, directories.run));
        RT_TRY(remove_table_if_empty(nft, config.nft_table));
    }
    return network.comes_back ? sdk::Result<void>() : release(directories, network.id);
}

sdk::Result<bool> is_complete(NetlinkSocket& route, const Config& config, const Directories& directories,
                              const Network& network) {
    const NetworkState& state = *network.result;
    RT_TRY_ASSIGN(const auto seen, look_at_bridge(route, state.bridge, state.gateway));
    if (!seen.link || !seen.link->up || !seen.link->route_localnet || !seen.has_gateway || !seen.forwarding)
        return false;
    if (seen.link->alias != network.alias()) return false; // make_bridge() says whose it is
    RT_TRY_ASSIGN(NetlinkSocket nft, NetlinkSocket::open(NETLINK_NETFILTER));
    RT_TRY_ASSIGN(const RulesSeen rules, look_at_rules(nft, config.nft_table, state.bridge));
    return rules.has_network && is_as_configured(config, directories.run, rules.is_closed);
}

} // namespace

sdk::Result<NetworkState> create_network(const Config& config, const Directories& directories,
                                         const Network& network) {
    RT_TRY_ASSIGN(const sdk::UniqueFd guard, lock(directories));
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(NetworkState state, choose(route, config, directories, network));
    RT_TRY(reserve(directories, network.id, state.subnet));
    if (auto made = make(route, config, directories, network, state); !made) {
        (void)unmake(
            route, config, directories, network, state.bridge,
            Ipv4Prefix{state.gateway, state.subnet.length}); // the first failure is the one to report
        return sdk::in_context(std::move(made).error(), "create network '", network.name, "'");
    }
    return state;
}

sdk::Result<bool> ensure_network(const Config& config, const Directories& directories,
                                 const Network& network) {
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    RT_TRY_ASSIGN(bool complete, is_complete(route, config, directories, network));
    if (complete) return false;
    RT_TRY_ASSIGN(const sdk::UniqueFd guard, lock(directories));
    RT_TRY_ASSIGN(complete, is_complete(route, config, directories, network));
    if (complete) return false; // another process made it meanwhile
    RT_TRY(reserve(directories, network.id, network.result->subnet));
    if (auto made = make(route, config, directories, network, *network.result); !made)
        return sdk::in_context(std::move(made).error(), "make network '", network.name, "' again");
    return true;
}

sdk::Result<void> remove_network(const Config& config, const Directories& directories,
                                 const Network& network) {
    RT_TRY_ASSIGN(const sdk::UniqueFd guard, lock(directories));
    RT_TRY_ASSIGN(NetlinkSocket route, NetlinkSocket::open(NETLINK_ROUTE));
    if (const auto& result = network.result)
        return unmake(route, config, directories, network, result->bridge,
                      Ipv4Prefix{result->gateway, result->subnet.length});
    // Interrupted before the result was stored: what the options and the reservation lead to.
    std::optional<Ipv4Prefix> gateway = read_reservation(reservation(directories, network.id));
    if (gateway) gateway->address = network.options.gateway.value_or(Ipv4{gateway->first().value + 1});
    return unmake(route, config, directories, network, bridge_name(config, network), gateway);
}

} // namespace rt::bridge
