// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_config.hpp"

#include "core/network/address.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

bool is_ipv6(const std::string& text) {
    return text.find(':') != std::string::npos;
}

// One pool in numbers of 128 bits, whichever family it is of.
struct Numbers {
    Ipv6 first = 0, last = 0;
    [[nodiscard]] bool contains(Ipv6 address) const { return address >= first && address <= last; }
    [[nodiscard]] bool overlaps(const Numbers& other) const {
        return first <= other.last && other.first <= last;
    }
};

Result<Numbers> parse_range(const std::string& text) {
    if (is_ipv6(text)) {
        RT_TRY_ASSIGN(const Subnet6 subnet, Subnet6::parse(text));
        return Numbers{subnet.network, subnet.last()};
    }
    RT_TRY_ASSIGN(const Subnet subnet, Subnet::parse(text));
    return Numbers{subnet.network, subnet.broadcast()};
}

Result<Ipv6> parse_address(const std::string& text) {
    if (is_ipv6(text)) return parse_ipv6(text);
    RT_TRY_ASSIGN(const std::uint32_t address, parse_ipv4(text));
    return Ipv6{address};
}

Result<void> validate_pool(const AddressConfig& pool, const Numbers& subnet) {
    const auto must_be_inside = [&](const char* what, const std::string& text) -> Result<void> {
        RT_TRY_ASSIGN(const Ipv6 address, parse_address(text));
        if (is_ipv6(text) == is_ipv6(pool.subnet) && subnet.contains(address)) return {};
        return fail(Code::invalid_argument, what, " '", text, "' is not in the subnet '", pool.subnet, "'");
    };
    if (!pool.gateway.empty()) RT_TRY(must_be_inside("gateway", pool.gateway));
    for (const auto& [name, address] : pool.aux_addresses)
        RT_TRY(must_be_inside("auxiliary address", address));
    if (pool.ip_range.empty()) return {};
    RT_TRY_ASSIGN(const Numbers range, parse_range(pool.ip_range));
    if (is_ipv6(pool.ip_range) == is_ipv6(pool.subnet) && subnet.contains(range.first) &&
        subnet.contains(range.last))
        return {};
    return fail(Code::invalid_argument, "the range '", pool.ip_range, "' is not in the subnet '", pool.subnet,
                "'");
}

} // namespace

Result<void> validate(const NetworkConfig& config) {
    std::vector<std::pair<bool, Numbers>> seen; // of which family
    for (const AddressConfig& pool : config.pools) {
        if (pool.subnet.empty())
            return fail(Code::invalid_argument, "a gateway, range or auxiliary address needs a subnet");
        RT_TRY_ASSIGN(const Numbers subnet, parse_range(pool.subnet));
        const bool ipv6 = is_ipv6(pool.subnet);
        for (const auto& [family, other] : seen)
            if (family == ipv6 && other.overlaps(subnet))
                return fail(Code::invalid_argument,
                            "multiple overlapping subnet configuration is not supported");
        seen.emplace_back(ipv6, subnet);
        if (ipv6 && !config.ipv6)
            return fail(Code::invalid_argument, "subnet '", pool.subnet,
                        "' is of IPv6, which is not enabled: say --ipv6 as well");
        RT_TRY(validate_pool(pool, subnet));
    }
    return {};
}

Json to_json(const NetworkConfig& config) {
    Json pools = Json::array();
    for (const AddressConfig& pool : config.pools)
        pools.push_back({{"subnet", pool.subnet},
                         {"gateway", pool.gateway},
                         {"ip_range", pool.ip_range},
                         {"aux_addresses", pool.aux_addresses}});
    return {{"pools", pools},
            {"internal", config.internal},
            {"ipv6", config.ipv6},
            {"attachable", config.attachable},
            {"options", config.options},
            {"labels", config.labels}};
}

Result<NetworkConfig> network_config_from_json(const std::string& text) {
    NetworkConfig config;
    if (text == "{}") return config;
    RT_TRY_ASSIGN(const Json json, parse_json(text, "stored network"));
    try {
        for (const Json& pool : json.at("pools"))
            config.pools.push_back({pool.at("subnet"), pool.at("gateway"), pool.at("ip_range"),
                                    pool.at("aux_addresses").get<std::map<std::string, std::string>>()});
        json.at("internal").get_to(config.internal);
        json.at("ipv6").get_to(config.ipv6);
        json.at("attachable").get_to(config.attachable);
        json.at("options").get_to(config.options);
        json.at("labels").get_to(config.labels);
        return config;
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "stored network: ", error.what());
    }
}

} // namespace rt
