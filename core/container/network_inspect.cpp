// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"

#include "core/base/clock.hpp"
#include "core/base/filter.hpp"
#include "core/base/time_text.hpp"
#include "core/container/option_values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace rt {
namespace {

// The pools that the driver has taken, with what the user set for each.
Json pools(const NetworkConfig& config, const Json& result) {
    Json list = Json::array();
    if (!result.is_object()) return list;
    for (const Json& entry : result.value("subnets", Json::array())) {
        Json pool{{"Subnet", entry.value("subnet", "")}, {"Gateway", entry.value("gateway", "")}};
        const auto asked = std::ranges::find(config.pools, entry.value("subnet", ""), &AddressConfig::subnet);
        if (asked != config.pools.end() && !asked->ip_range.empty()) pool["IPRange"] = asked->ip_range;
        if (asked != config.pools.end() && !asked->aux_addresses.empty())
            pool["AuxiliaryAddresses"] = asked->aux_addresses;
        list.push_back(std::move(pool));
    }
    return list;
}

std::string address_of(const Json& addresses, bool ipv6) {
    for (const Json& address : addresses)
        if (address.is_string() && (address.get<std::string>().find(':') != std::string::npos) == ipv6)
            return address.get<std::string>();
    return {};
}

Result<Json> containers(Engine::State& state, const Network& network) {
    RT_TRY_ASSIGN(const auto endpoints, state.networks.endpoints_in(network.id));
    Json list = Json::object();
    for (const Endpoint& endpoint : endpoints) {
        const Json result = Json::parse(endpoint.result, nullptr, false);
        const auto container = state.containers.find(endpoint.container_id);
        if (!container || !result.is_object()) continue; // just coming or going
        const Json interfaces = result.value("interfaces", Json::array());
        const Json addresses = result.value("addresses", Json::array());
        list[container->id] = {
            {"Name", container->name},
            {"EndpointID", endpoint.id},
            {"MacAddress", interfaces.empty() ? std::string() : interfaces.front().value("mac", "")},
            {"IPv4Address", address_of(addresses, false)},
            {"IPv6Address", address_of(addresses, true)}};
    }
    return list;
}

constexpr auto kListKeys =
    std::to_array<std::string_view>({"dangling", "driver", "id", "label", "name", "scope", "type"});
constexpr auto kPruneKeys = std::to_array<std::string_view>({"label", "label!", "until"});
constexpr auto kTypes = std::to_array<std::string_view>({"builtin", "custom"});
constexpr auto kScopes = std::to_array<std::string_view>({"local", "global", "swarm"});

bool has_label(const NetworkConfig& config, const std::string& wanted) {
    const auto [key, value] = split_assignment(wanted);
    const auto found = config.labels.find(key);
    return found != config.labels.end() && (wanted == key || found->second == value);
}

} // namespace

Result<Json> inspect_network(Engine& engine, const Network& network) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network.config));
    RT_TRY_ASSIGN(Json attached, containers(*state, network));
    const Json result = Json::parse(network.result, nullptr, false);
    return Json{{"Name", network.name},
                {"Id", network.id},
                {"Created", rfc3339(network.created_at)},
                {"Scope", "local"},
                {"Driver", network.driver},
                {"EnableIPv4", true},
                {"EnableIPv6", config.ipv6},
                {"IPAM", {{"Driver", "default"}, {"Options", Json()}, {"Config", pools(config, result)}}},
                {"Internal", config.internal},
                {"Attachable", config.attachable},
                {"Ingress", false},
                {"ConfigFrom", {{"Network", ""}}},
                {"ConfigOnly", false},
                {"Containers", std::move(attached)},
                {"Options", config.options},
                {"Labels", config.labels}};
}

Result<NetworkFilters> NetworkFilters::parse(For command, const std::vector<std::string>& texts) {
    NetworkFilters filters;
    for (const std::string& text : texts) {
        RT_TRY_ASSIGN(auto filter,
                      command == For::ls ? split_filter(text, kListKeys) : split_filter(text, kPruneKeys));
        auto& [key, value] = filter;
        if (key == "type") RT_TRY(check_filter_value(text, kTypes));
        if (key == "scope") RT_TRY(check_filter_value(text, kScopes));
        if (key == "dangling") RT_TRY(parse_boolean(value));
        if (key == "until") {
            RT_TRY_ASSIGN(const std::int64_t until, parse_time(value, now_ns()));
            value = std::to_string(until);
        }
        filters.values_.insert(std::move(filter));
    }
    return filters;
}

// Values of one key are alternatives (of label, all have to fit), keys all have to fit.
bool NetworkFilters::matches(const Network& network, const NetworkConfig& config, bool in_use) const {
    const auto fits = [&](const std::string& key, const std::string& value) {
        if (key == "driver") return network.driver == value;
        if (key == "id") return network.id.starts_with(value);
        if (key == "name") return network.name.find(value) != std::string::npos;
        if (key == "scope") return value == "local";
        if (key == "type") return (value == "custom") == network.user_defined();
        if (key == "dangling")
            return parse_boolean(value).value_or(false) == (network.user_defined() && !in_use);
        if (key == "label") return has_label(config, value);
        if (key == "label!") return !has_label(config, value);
        return network.created_at < std::stoll(value); // until
    };
    for (auto key = values_.begin(); key != values_.end(); key = values_.upper_bound(key->first)) {
        const auto [first, last] = values_.equal_range(key->first);
        const auto one = [&](const auto& pair) { return fits(pair.first, pair.second); };
        const bool all = key->first.starts_with("label");
        if (!(all ? std::all_of(first, last, one) : std::any_of(first, last, one))) return false;
    }
    return true;
}

} // namespace rt
