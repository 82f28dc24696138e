// SPDX-License-Identifier: Apache-2.0
// Which address does an endpoint get? The lowest that is free in the network's subnet, or in the range that
// was set for containers; never the gateway's, an auxiliary one, or the ends of an IPv4 subnet.
#include "core/network/address.hpp"
#include "core/network/network_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace rt {
namespace {

template <class Address>
struct Pool {
    Address first, last;           // what may be given away
    std::vector<Address> reserved; // sorted
    // The first address from candidate on that is not reserved.
    [[nodiscard]] Address skip(Address candidate) const {
        auto next = std::ranges::lower_bound(reserved, candidate);
        for (; next != reserved.end() && *next == candidate; ++next) ++candidate;
        return candidate;
    }
    [[nodiscard]] bool is_reserved(Address address) const {
        return std::ranges::binary_search(reserved, address);
    }
};

// What the user set for the pool of this subnet; {}: nothing.
Result<AddressConfig> config_of(const Network& network, const std::string& subnet) {
    if (!network.user_defined()) return AddressConfig{};
    RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network.config));
    const auto found = std::ranges::find(config.pools, subnet, &AddressConfig::subnet);
    return found == config.pools.end() ? AddressConfig{} : *found;
}

template <class Address, class Parse>
Result<void> reserve(Pool<Address>& pool, const AddressConfig& config, const std::string& gateway,
                     const Parse& parse) {
    if (!gateway.empty()) {
        RT_TRY_ASSIGN(const Address address, parse(gateway));
        pool.reserved.push_back(address);
    }
    for (const auto& [name, text] : config.aux_addresses) {
        RT_TRY_ASSIGN(const Address address, parse(text));
        pool.reserved.push_back(address);
    }
    std::ranges::sort(pool.reserved);
    return {};
}

std::unexpected<Error> exhausted(const Network& network, const std::string& subnet) {
    return fail(Code::resource_exhausted, "lease an address: all of ", subnet, " (network '", network.name,
                "') are in use: remove containers, or make a network with a larger subnet");
}

std::unexpected<Error> in_use(const std::string& address, const Network& network) {
    return fail(Code::unavailable, "address ", address, " of network '", network.name,
                "': Address already in use");
}

std::unexpected<Error> not_in(const std::string& address, const Network& network) {
    return fail(Code::invalid_argument, "network '", network.name,
                "': no configured subnet contains IP address ", address);
}

std::string hex(Ipv6 address) {
    std::array<char, 33> text{};
    std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(address >> 64U),
                  static_cast<unsigned long long>(address & ~0ULL));
    return text.data();
}

Ipv6 from_hex(const std::string& text) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::from_chars(text.data(), text.data() + 16, high, 16);
    std::from_chars(text.data() + 16, text.data() + text.size(), low, 16);
    return Ipv6{high} << 64U | low;
}

const Json* subnet_of_family(const Json& subnets, bool ipv6) {
    for (const Json& entry : subnets)
        if (entry.is_object() && (entry.value("subnet", "").find(':') != std::string::npos) == ipv6)
            return &entry;
    return nullptr;
}

} // namespace

Result<std::string> NetworkStore::lease_ipv4(const Network& network, const std::string& endpoint_id,
                                             const Json& entry, const std::string& wanted) {
    const std::string text = entry.value("subnet", "");
    RT_TRY_ASSIGN(const Subnet subnet, Subnet::parse(text));
    RT_TRY_ASSIGN(const AddressConfig config, config_of(network, text));
    Pool<std::uint32_t> pool{subnet.first_host(), subnet.last_host(), {}};
    RT_TRY(reserve(pool, config, entry.value("gateway", ""), parse_ipv4));
    std::uint32_t address = 0;
    if (!wanted.empty()) {
        RT_TRY_ASSIGN(address, parse_ipv4(wanted));
        if (address < pool.first || address > pool.last) return not_in(wanted, network);
        if (pool.is_reserved(address)) return in_use(wanted, network);
    } else {
        if (!config.ip_range.empty()) {
            RT_TRY_ASSIGN(const Subnet range, Subnet::parse(config.ip_range));
            pool.first = std::max(pool.first, range.network);
            pool.last = std::min(pool.last, range.broadcast());
        }
        address = pool.skip(pool.first);
        RT_TRY(
            database_.run("SELECT address FROM leases WHERE network_id = ? AND address >= ? ORDER BY address",
                          {network.id, static_cast<std::int64_t>(pool.first)}, [&](const SqlRow& row) {
                              if (row.number(0) == address) address = pool.skip(address + 1);
                          }));
        if (address > pool.last) return exhausted(network, config.ip_range.empty() ? text : config.ip_range);
    }
    auto leased = database_.run("INSERT INTO leases (network_id, address, endpoint_id) VALUES (?,?,?)",
                                {network.id, static_cast<std::int64_t>(address), endpoint_id});
    if (!leased && leased.error().code == Code::already_exists) return in_use(wanted, network);
    RT_TRY(std::move(leased));
    return cat(format_ipv4(address), "/", subnet.prefix_length);
}

Result<std::string> NetworkStore::lease_ipv6(const Network& network, const std::string& endpoint_id,
                                             const Json& entry, const std::string& wanted) {
    const std::string text = entry.value("subnet", "");
    RT_TRY_ASSIGN(const Subnet6 subnet, Subnet6::parse(text));
    RT_TRY_ASSIGN(const AddressConfig config, config_of(network, text));
    Pool<Ipv6> pool{subnet.network + 1, subnet.last(), {}}; // the first is the routers' anycast address
    RT_TRY(reserve(pool, config, entry.value("gateway", ""), parse_ipv6));
    Ipv6 address = 0;
    if (!wanted.empty()) {
        RT_TRY_ASSIGN(address, parse_ipv6(wanted));
        if (address < pool.first || address > pool.last) return not_in(wanted, network);
        if (pool.is_reserved(address)) return in_use(wanted, network);
    } else {
        if (!config.ip_range.empty()) {
            RT_TRY_ASSIGN(const Subnet6 range, Subnet6::parse(config.ip_range));
            pool.first = std::max(pool.first, range.network);
            pool.last = std::min(pool.last, range.last());
        }
        address = pool.skip(pool.first);
        RT_TRY(database_.run(
            "SELECT address FROM leases6 WHERE network_id = ? AND address >= ? ORDER BY address",
            {network.id, hex(pool.first)}, [&](const SqlRow& row) {
                if (from_hex(row.text(0)) == address) address = pool.skip(address + 1);
            }));
        if (address > pool.last) return exhausted(network, text);
    }
    auto leased = database_.run("INSERT INTO leases6 (network_id, address, endpoint_id) VALUES (?,?,?)",
                                {network.id, hex(address), endpoint_id});
    if (!leased && leased.error().code == Code::already_exists) return in_use(wanted, network);
    RT_TRY(std::move(leased));
    return cat(format_ipv6(address), "/", subnet.prefix_length);
}

Result<std::vector<std::string>> NetworkStore::lease_addresses(const Network& network,
                                                               const std::string& endpoint_id,
                                                               const WantedAddresses& wanted) {
    std::vector<std::string> addresses;
    Json subnets;
    if (!network.result.empty()) {
        RT_TRY_ASSIGN(const Json result,
                      parse_json(network.result, cat("stored result of network '", network.name, "'")));
        subnets = result.value("subnets", Json());
    }
    const Json* const ipv4 = subnet_of_family(subnets, false);
    const Json* const ipv6 = subnet_of_family(subnets, true);
    if (ipv4 == nullptr && !wanted.ipv4.empty()) return not_in(wanted.ipv4, network);
    if (ipv6 == nullptr && !wanted.ipv6.empty()) return not_in(wanted.ipv6, network);
    if (ipv4 != nullptr) {
        RT_TRY_ASSIGN(addresses.emplace_back(), lease_ipv4(network, endpoint_id, *ipv4, wanted.ipv4));
    }
    if (ipv6 != nullptr) {
        RT_TRY_ASSIGN(addresses.emplace_back(), lease_ipv6(network, endpoint_id, *ipv6, wanted.ipv6));
    }
    return addresses;
}

} // namespace rt
