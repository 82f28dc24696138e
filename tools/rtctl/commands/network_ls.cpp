// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/container/networks.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/listing.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace rt::cli {
namespace {

constexpr std::array kNetworkFields = {
    ListingField{"ID", "NETWORK ID"},
    ListingField{"Name", "NAME"},
    ListingField{"Driver", "DRIVER"},
    ListingField{"Scope", "SCOPE"},
    ListingField{"IPv4", "IPV4"},
    ListingField{"IPv6", "IPV6"},
    ListingField{"Internal", "INTERNAL"},
    ListingField{"Labels", "LABELS"},
    ListingField{"CreatedAt", "CREATED AT"},
};

std::string shown_id(const Network& network, bool whole) {
    return whole ? network.id : short_id(network.id);
}

Json to_json(const Network& network, const NetworkConfig& config, bool whole_id) {
    std::string labels;
    for (const auto& [key, value] : config.labels) labels += cat(labels.empty() ? "" : ",", key, "=", value);
    const auto flag = [](bool value) { return value ? "true" : "false"; };
    return {{"ID", shown_id(network, whole_id)},
            {"Name", network.name},
            {"Driver", network.driver},
            {"Scope", "local"},
            {"IPv4", "true"},
            {"IPv6", flag(config.ipv6)},
            {"Internal", flag(config.internal)},
            {"Labels", labels},
            {"CreatedAt", rfc3339(network.created_at)}};
}

options::options_description describe_network_ls() {
    options::options_description description("Options");
    description.add_options()("quiet,q", "ids only")("no-trunc", "whole ids")(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: dangling, driver, id, label, name, scope, type (may be given again)")(
        "format", options::value<std::string>()->value_name("FORMAT"),
        "how to show them: json (one object a line), a template, 'table TEMPLATE'");
    return description;
}

Outcome network_ls(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkLs, describe_network_ls(), arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(Listing listing, Listing::make(parsed->get<std::string>("format"), kNetworkFields,
                                                 {"ID", "Name", "Driver", "Scope"}));
    RT_TRY_ASSIGN(const auto filters, NetworkFilters::parse(NetworkFilters::For::ls,
                                                            parsed->get<std::vector<std::string>>("filter")));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const auto networks, list_networks(*engine));
    const bool whole_ids = parsed->has("no-trunc");
    for (const Network& network : networks) {
        RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network.config));
        bool in_use = false;
        if (filters.asks_for_use()) {
            RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_in(network.id));
            in_use = !endpoints.empty();
        }
        if (!filters.matches(network, config, in_use)) continue;
        if (parsed->has("quiet"))
            print_line(shown_id(network, whole_ids));
        else
            RT_TRY(listing.add(to_json(network, config, whole_ids), {{"Label", config.labels}}));
    }
    if (!parsed->has("quiet")) listing.print();
    return 0;
}

} // namespace

const Command kNetworkLs = {"network ls", "[OPTIONS]", "List networks", network_ls};

} // namespace rt::cli
