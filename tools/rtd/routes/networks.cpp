// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "core/container/network_connect.hpp"
#include "tools/rtd/models/container_request.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/routes/routes.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

Result<Answer> network_list(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto texts, filters_of(request));
    RT_TRY_ASSIGN(const auto filters, NetworkFilters::parse(NetworkFilters::For::ls, texts));
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const auto networks, list_networks(engine));
    Json answer = Json::array();
    for (const Network& network : networks) {
        RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network.config));
        bool in_use = false;
        if (filters.asks_for_use()) {
            RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_in(network.id));
            in_use = !endpoints.empty();
        }
        if (!filters.matches(network, config, in_use)) continue;
        RT_TRY_ASSIGN(Json one, inspect_network(engine, network));
        if (request.version >= ApiVersion{1, 28})
            one["Containers"] = Json::object(); // only inspect tells them
        answer.push_back(std::move(one));
    }
    return json_answer(answer);
}

Result<Answer> network_inspect(Engine& engine, const Request& request) {
    const std::string scope = request.query.get("scope");
    RT_TRY_ASSIGN(const Network network, find_network(engine, request.parameter("id")));
    if (!scope.empty() && scope != "local")
        return fail(Code::not_found, "network ", request.parameter("id"), " not found");
    RT_TRY_ASSIGN(const Json found, inspect_network(engine, network));
    return json_answer(found);
}

// Those that mean something in swarms only: refused unless they say nothing.
Result<void> refuse_swarm(ObjectReader& reader) {
    for (const char* const key : {"Ingress", "ConfigOnly"}) {
        bool flag = false;
        reader.flag(key, flag);
        if (flag) return fail(Code::unsupported, key, " networks are of swarms, which rt has not");
    }
    std::string scope;
    reader.text("Scope", scope);
    if (!scope.empty() && scope != "local")
        return fail(Code::unsupported, "networks of scope '", scope, "' are of swarms, which rt has not");
    const Json* const from = reader.find("ConfigFrom");
    if (from != nullptr && !from->value("Network", std::string()).empty())
        return fail(Code::unsupported, "ConfigFrom is of swarms, which rt has not");
    bool ipv4 = true;
    reader.flag("EnableIPv4", ipv4);
    if (!ipv4) return fail(Code::unsupported, "networks without IPv4 are not supported");
    return {};
}

Result<void> read_addresses(ObjectReader& reader, NetworkConfig& config) {
    std::string driver;
    std::map<std::string, std::string> options;
    reader.object("IPAM", [&](ObjectReader& ipam) {
        ipam.text("Driver", driver);
        ipam.map("Options", options);
        ipam.objects("Config", [&](ObjectReader& in) {
            AddressConfig pool;
            in.text("Subnet", pool.subnet);
            in.text("Gateway", pool.gateway);
            in.text("IPRange", pool.ip_range);
            in.map("AuxiliaryAddresses", pool.aux_addresses);
            if (pool != AddressConfig()) config.pools.push_back(std::move(pool));
        });
    });
    if (!driver.empty() && driver != "default")
        return fail(Code::unsupported, "IPAM driver '", driver,
                    "' is not supported: addresses are given by rt");
    if (!options.empty())
        return fail(Code::unsupported, "IPAM option '", options.begin()->first, "' is not supported");
    return {};
}

Result<Answer> create(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const Json body, request.json());
    ObjectReader reader(body);
    NetworkRequest wanted;
    reader.text("Name", wanted.name);
    reader.text("Driver", wanted.driver);
    reader.flag("Internal", wanted.config.internal);
    reader.flag("Attachable", wanted.config.attachable);
    reader.flag("EnableIPv6", wanted.config.ipv6);
    reader.map("Options", wanted.config.options);
    reader.map("Labels", wanted.config.labels);
    RT_TRY(read_addresses(reader, wanted.config));
    RT_TRY(refuse_swarm(reader));
    RT_TRY(reader.done());
    if (wanted.name.empty()) return fail(Code::invalid_argument, "network name cannot be empty");
    RT_TRY_ASSIGN(const Network made, create_network(engine, wanted));
    return json_answer({{"Id", made.id}, {"Warning", ""}}, 201);
}

Result<Answer> network_remove(Engine& engine, const Request& request) {
    auto removed = remove_network(engine, request.parameter("id"));
    if (!removed && removed.error().code == Code::failed_precondition)
        return json_answer({{"message", removed.error().message}}, 403); // as docker has it
    RT_TRY(std::move(removed));
    return empty_answer();
}

Result<Answer> connect_one(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const Json body, request.json());
    RT_TRY_ASSIGN(const Network network, find_network(engine, request.parameter("id")));
    ObjectReader reader(body);
    std::string container;
    EndpointSettings settings{.network = network.name};
    reader.text("Container", container);
    reader.object("EndpointConfig",
                  [&](ObjectReader& endpoint) { settings = read_endpoint(endpoint, network.name); });
    RT_TRY(reader.done());
    if (container.empty()) return fail(Code::invalid_argument, "Container is missing in the request");
    RT_TRY(connect(engine, container, std::move(settings)));
    return empty_answer(200);
}

Result<Answer> disconnect_one(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const Json body, request.json());
    ObjectReader reader(body);
    std::string container;
    bool force = false;
    reader.text("Container", container);
    reader.flag("Force", force);
    RT_TRY(reader.done());
    if (container.empty()) return fail(Code::invalid_argument, "Container is missing in the request");
    RT_TRY(disconnect(engine, request.parameter("id"), container,
                      force ? ForceDisconnect::yes : ForceDisconnect::no));
    return empty_answer(200);
}

Result<Answer> network_prune(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto texts, filters_of(request));
    RT_TRY_ASSIGN(const auto filters, NetworkFilters::parse(NetworkFilters::For::prune, texts));
    RT_TRY_ASSIGN(const auto removed, prune_networks(engine, filters));
    return json_answer({{"NetworksDeleted", removed.empty() ? Json() : Json(removed)}});
}

} // namespace

std::vector<Route> network_routes() {
    return {{"GET", "/networks", network_list},
            {"POST", "/networks/create", create},
            {"POST", "/networks/prune", network_prune},
            {"GET", "/networks/{id}", network_inspect},
            {"DELETE", "/networks/{id}", network_remove},
            {"POST", "/networks/{id}/connect", connect_one},
            {"POST", "/networks/{id}/disconnect", disconnect_one}};
}

} // namespace rt::rtd
