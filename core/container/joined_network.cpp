// SPDX-License-Identifier: Apache-2.0
#include "core/container/joined_network.hpp"

#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/container_events.hpp"
#include "core/network/mac_address.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace rt {
namespace {

// The network that has its driver's name: made with the first container that joins it, and kept.
Result<Network> make_network(Engine& engine, Engine::State& state, const Operation& operation,
                             const std::string& name) {
    RT_TRY(make_directories(engine.lock_file("x").parent_path()));
    RT_TRY_ASSIGN(const LockFile lock, LockFile::acquire(engine.lock_file(cat("network-", name))));
    RT_TRY_ASSIGN(auto found, state.networks.find(name));
    if (!found && !is_predefined(engine, name))
        return fail(Code::not_found, "network ", name, " not found: it has just been removed");
    RT_TRY_ASSIGN(const auto backend, engine.drivers().network(found ? found->driver : name));
    if (!found) {
        found = Network{.id = random_hex(64), .name = name, .driver = name, .traits = backend->traits()};
        // Was always there, to users: no event. A listing may have brought it in meanwhile.
        const Result<void> added = state.networks.add(*found);
        if (!added && added.error().code != Code::already_exists) return std::unexpected(added.error());
        if (!added) {
            RT_TRY_ASSIGN(found, state.networks.find(name));
            if (!found) return fail(Code::unavailable, "network ", name, " came and went: try again");
        }
    }
    if (found->result.empty()) { // an earlier attempt was interrupted
        RT_TRY_ASSIGN(found->result, backend->create_network(operation, network_json(*found).dump()));
        RT_TRY(state.networks.set_result(found->id, found->result));
    }
    return std::move(*found);
}

} // namespace

std::string gateway_of(const Network& network) {
    const Json result = Json::parse(network.result, nullptr, false);
    const auto subnets = result.is_object() ? result.find("subnets") : result.end();
    if (subnets == result.end() || !subnets->is_array() || subnets->empty()) return {};
    const Json& first = subnets->front();
    const auto gateway = first.is_object() ? first.find("gateway") : first.end();
    return gateway != first.end() && gateway->is_string() ? gateway->get<std::string>() : std::string();
}

std::vector<EndpointSettings> wanted_endpoints(const ContainerSpec& spec, const std::string& network) {
    if (spec.network_disabled || network.starts_with("container:")) return {};
    std::vector<EndpointSettings> wanted = spec.networks;
    if (wanted.empty()) wanted.emplace_back();
    for (EndpointSettings& endpoint : wanted)
        if (endpoint.network.empty()) endpoint.network = network;
    const auto first = std::ranges::find(wanted, network, &EndpointSettings::network);
    if (first != wanted.end() && first->mac_address.empty()) first->mac_address = spec.mac_address;
    return wanted;
}

bool is_predefined(const Engine& engine, const std::string& network) {
    return engine.wiring().network.drivers.contains(network);
}

Result<Network> find_or_make_network(Engine& engine, const Operation& operation,
                                     const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(auto found, state->networks.find(reference));
    if (found && !found->result.empty()) return std::move(*found);
    if (found || is_predefined(engine, reference)) return make_network(engine, *state, operation, reference);
    RT_TRY_ASSIGN(Network by_id, state->networks.find_any(reference));
    if (!by_id.result.empty()) return by_id;
    return make_network(engine, *state, operation, by_id.name);
}

Result<void> validate_in_network(const EndpointSettings& settings, const Network& network) {
    const bool wants_address = !settings.ipv4_address.empty() || !settings.ipv6_address.empty();
    const auto refuse = [&](std::string_view why) {
        return fail(Code::invalid_argument, "network '", network.name, "': ", why);
    };
    if (wants_address && !network.user_defined())
        return refuse("user specified IP address is supported on user defined networks only");
    if (!settings.aliases.empty() && !network.user_defined())
        return refuse("network-scoped aliases are only supported for user-defined networks");
    if (!settings.links.empty() && network.traits.host_namespace)
        return fail(Code::invalid_argument,
                    "conflicting options: host type networking can't be used with links: there would be no "
                    "name that only one container knows");
    if (!settings.links.empty() && !network.user_defined())
        return fail(
            Code::unsupported, "network '", network.name,
            "': --link works in networks that users made: this one has no names (rtctl network create)");
    if (!wants_address) return {};
    RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network.config));
    if (config.pools.empty())
        return refuse("user specified IP address is supported only when connecting to networks with user "
                      "configured subnets");
    return {};
}

Result<void> validate_together(const Network& one, const Network& other) {
    if (one.traits.host_namespace || other.traits.host_namespace)
        return fail(
            Code::invalid_argument,
            "container sharing network namespace with another container or host cannot be connected to "
            "any other network");
    // Nothing but the loopback device.
    const auto is_private = [](const Network& network) {
        return !network.user_defined() && !network.traits.publishes_ports && gateway_of(network).empty();
    };
    if (is_private(one) || is_private(other))
        return fail(Code::invalid_argument, "container cannot be connected to multiple networks with one of "
                                            "the networks in private (none) mode");
    return {};
}

std::optional<Network> known_network(Engine& engine, Engine::State& state, const std::string& name) {
    auto found = state.networks.find(name);
    if (found && *found) return std::move(*found);
    if (!is_predefined(engine, name)) return std::nullopt;
    const auto backend = engine.drivers().network(name); // nothing has joined it yet
    if (!backend) return std::nullopt;
    return Network{.id = {}, .name = name, .driver = name, .traits = (*backend)->traits()};
}

std::string discarded_ports_text(const Network& network) {
    if (network.traits.host_namespace) return "Published ports are discarded when using host network mode";
    return cat("Published ports are discarded: network '", network.name, "' publishes none");
}

std::vector<PublishedPort> choose_gateway(std::span<JoinedNetwork> joined, std::vector<PublishedPort> ports) {
    JoinedNetwork* gateway = nullptr;
    for (JoinedNetwork& one : joined) {
        one.default_route = false;
        if (one.config.internal || (joined.size() > 1 && gateway_of(one.network).empty())) continue;
        const bool better = gateway == nullptr || one.settings.gw_priority > gateway->settings.gw_priority ||
                            (one.settings.gw_priority == gateway->settings.gw_priority &&
                             one.network.name < gateway->network.name);
        if (better) gateway = &one;
    }
    if (gateway == nullptr) return ports;
    gateway->default_route = true;
    if (!gateway->network.traits.publishes_ports) return ports;
    gateway->ports = std::move(ports);
    return {};
}

Result<void> record_endpoint(Engine::State& state, const Container& container, const std::string& hostname,
                             JoinedNetwork& joined) {
    if (joined.network.user_defined()) { // it may have been removed since it was found
        RT_TRY_ASSIGN(const auto still, state.networks.find_by_id(joined.network.id));
        if (!still || still->result.empty())
            return fail(Code::not_found, "network ", joined.network.name,
                        " not found: it has just been removed");
    }
    const EndpointSettings& settings = joined.settings;
    joined.endpoint = {random_hex(64), joined.network.id, container.id, "", ""};
    RT_TRY_ASSIGN(joined.addresses,
                  state.networks.lease_addresses(joined.network, joined.endpoint.id,
                                                 {settings.ipv4_address, settings.ipv6_address}));
    Json request{{"id", joined.endpoint.id},      {"container_id", container.id},  {"hostname", hostname},
                 {"interface", joined.interface}, {"addresses", joined.addresses}, {"ports", Json::array()}};
    for (const PublishedPort& port : joined.ports) request["ports"].push_back(to_json(port));
    if (!joined.default_route) request["default_route"] = false;
    if (!joined.names.empty()) request["names"] = joined.names;
    if (!settings.mac_address.empty()) {
        RT_TRY_ASSIGN(request["mac"], parse_mac(settings.mac_address));
    }
    if (!settings.link_local_ips.empty()) request["link_local_addresses"] = settings.link_local_ips;
    if (!settings.driver_opts.empty()) request["driver_options"] = settings.driver_opts;
    joined.endpoint.request = request.dump();
    return state.networks.add_endpoint(joined.endpoint);
}

Result<void> check_abilities(const NetworkBackend& backend, const JoinedNetwork& joined) {
    const EndpointSettings& settings = joined.settings;
    if (settings.mac_address.empty() && settings.link_local_ips.empty() && settings.driver_opts.empty())
        return {};
    const NetworkAbilities abilities = backend.abilities();
    const auto refuse = [&](std::string_view what) {
        return fail(Code::unsupported, what, " is not supported by network driver '", backend.instance(),
                    "'");
    };
    if (!settings.mac_address.empty() && !abilities.mac_addresses) return refuse("--mac-address");
    if (!settings.link_local_ips.empty() && !abilities.several) return refuse("--link-local-ip");
    if (!settings.driver_opts.empty() && !abilities.several) return refuse("driver-opt");
    return {};
}

} // namespace rt
