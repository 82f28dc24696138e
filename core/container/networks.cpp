// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/container_events.hpp"
#include "core/container/joined_network.hpp"
#include "core/container/recovery.hpp"
#include "core/network/address.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>

namespace rt {
namespace {

Result<LockFile> lock_network(Engine& engine, const std::string& name) {
    RT_TRY(make_directories(engine.lock_file("x").parent_path()));
    return LockFile::acquire(engine.lock_file(cat("network-", name)));
}

Result<void> validate_name(const Engine& engine, const std::string& name) {
    if (is_predefined(engine, name) || name == "default")
        return fail(Code::invalid_argument, "operation is not permitted on predefined ", name, " network");
    if (is_valid_name(name)) return {};
    return fail(Code::invalid_argument, "network name '", name,
                "' is not valid: [a-zA-Z0-9_.-], the first a letter or digit");
}

Result<void> validate_abilities(const NetworkBackend& backend, const NetworkConfig& config) {
    const NetworkAbilities abilities = backend.abilities();
    if (!abilities.several)
        return fail(Code::invalid_argument, "only one instance of \"", backend.instance(),
                    "\" network is allowed");
    if (config.ipv6 && !abilities.ipv6)
        return fail(Code::unsupported, "--ipv6 is not supported by network driver '", backend.instance(),
                    "'");
    return {};
}

// Addresses as they will be compared, and a gateway where the user named none: the first address that is not
// kept for something else.
Result<void> complete(AddressConfig& pool) {
    if (pool.subnet.find(':') != std::string::npos) {
        RT_TRY_ASSIGN(const Subnet6 subnet, Subnet6::parse(pool.subnet));
        pool.subnet = cat(format_ipv6(subnet.network), "/", subnet.prefix_length);
        std::vector<Ipv6> kept;
        for (auto& [name, text] : pool.aux_addresses) {
            RT_TRY_ASSIGN(kept.emplace_back(), parse_ipv6(text));
            text = format_ipv6(kept.back());
        }
        Ipv6 gateway = subnet.network + 1;
        while (std::ranges::find(kept, gateway) != kept.end()) ++gateway;
        if (pool.gateway.empty()) pool.gateway = format_ipv6(gateway);
        return {};
    }
    RT_TRY_ASSIGN(const Subnet subnet, Subnet::parse(pool.subnet));
    std::vector<std::uint32_t> kept;
    for (const auto& [name, text] : pool.aux_addresses) {
        RT_TRY_ASSIGN(kept.emplace_back(), parse_ipv4(text));
    }
    std::uint32_t gateway = subnet.first_host();
    while (std::ranges::find(kept, gateway) != kept.end()) ++gateway;
    if (pool.gateway.empty()) pool.gateway = format_ipv4(gateway);
    return {};
}

// Its row, without which nobody knows of it, comes first and goes last.
Result<void> make(Engine::State& state, NetworkBackend& backend, Network& network) {
    const Operation operation = Engine::new_operation();
    auto result = backend.create_network(operation, network_json(network).dump());
    if (!result) {
        // The first failure is the one to report. What was refused was not begun; what could not be taken
        // back is tried again by `rm`.
        const bool refused =
            result.error().code == Code::invalid_argument || result.error().code == Code::unsupported;
        if (refused || backend.remove_network(operation, network_json(network).dump()))
            (void)state.networks.remove(network.id);
        return std::unexpected(std::move(result).error());
    }
    network.result = std::move(*result);
    return state.database.transaction([&]() -> Result<void> {
        RT_TRY(state.networks.set_result(network.id, network.result));
        return note_network_event(state, network, "", "create");
    });
}

// docker's words for the containers that are attached.
Result<std::string> attached(Engine::State& state, const Network& network) {
    RT_TRY_ASSIGN(const auto endpoints, state.networks.endpoints_in(network.id));
    std::string text;
    for (const Endpoint& endpoint : endpoints) {
        const auto container = state.containers.find(endpoint.container_id);
        text += cat(text.empty() ? "" : ", ", "name:\"", container ? container->name : endpoint.container_id,
                    "\" id:\"", endpoint.id, "\"");
    }
    return text;
}

// From here on no endpoint is added to it: who wants to waits for our lock, and finds it gone, or makes it
// again if we are killed.
Result<void> close(Engine::State& state, const Network& network) {
    return state.database.transaction([&]() -> Result<void> {
        RT_TRY_ASSIGN(const std::string endpoints, attached(state, network));
        if (!endpoints.empty())
            return fail(Code::failed_precondition, "error while removing network: network ", network.name,
                        " id ", network.id, " has active endpoints (", endpoints, ")");
        return state.networks.set_result(network.id, "");
    });
}

Result<void> remove_found(Engine& engine, Engine::State& state, const std::string& name) {
    RT_TRY_ASSIGN(const LockFile lock, lock_network(engine, name));
    RT_TRY_ASSIGN(const auto network, state.networks.find(name)); // another may have been quicker
    if (!network) return fail(Code::not_found, "network ", name, " not found");
    RT_TRY(close(state, *network));
    RT_TRY_ASSIGN(const auto backend, engine.drivers().network(network->driver));
    RT_TRY(backend->remove_network(Engine::new_operation(), network_json(*network).dump()));
    RT_TRY(remove_tree(name_directory(engine, network->id)));
    const Result<void> recorded = state.database.transaction([&]() -> Result<void> {
        RT_TRY(state.networks.remove(network->id));
        return note_network_event(state, *network, "", "destroy");
    });
    RT_TRY(recorded);
    ::unlink(engine.lock_file(cat("network-", name)).c_str());
    return {};
}

// Who attaches a container records that first, and has to wait for our transaction with it: what is gone by
// then is made again.
Result<void> rest(Engine& engine, Engine::State& state, const std::string& name) {
    RT_TRY_ASSIGN(const LockFile lock, lock_network(engine, name));
    RT_TRY_ASSIGN(const auto network, state.networks.find(name));
    if (!network) return {};
    RT_TRY_ASSIGN(const auto backend, engine.drivers().network(network->driver));
    Json document = network_json(*network);
    document["comes_back"] = true;
    return state.database.transaction([&]() -> Result<void> {
        RT_TRY_ASSIGN(const auto endpoints, state.networks.endpoints_in(network->id));
        if (!endpoints.empty()) return {};
        return backend->remove_network(Engine::new_operation(), document.dump());
    });
}

} // namespace

Path name_directory(const Engine& engine, const std::string& network_id) {
    return engine.wiring().run / "networks" / network_id;
}

Result<Network> create_network(Engine& engine, const NetworkRequest& request) {
    RT_TRY(validate_name(engine, request.name));
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    Network network{.id = random_hex(64),
                    .name = request.name,
                    .driver =
                        request.driver.empty() ? engine.wiring().network.default_instance : request.driver,
                    .traits = {}};
    NetworkConfig config = request.config;
    RT_TRY(validate(config));
    for (AddressConfig& pool : config.pools) RT_TRY(complete(pool));
    RT_TRY_ASSIGN(const auto backend, engine.drivers().network(network.driver));
    RT_TRY(validate_abilities(*backend, config));
    network.traits = backend->traits();
    network.config = to_json(config).dump();
    RT_TRY_ASSIGN(const LockFile lock, lock_network(engine, network.name));
    auto added = state->networks.add(network);
    if (!added && added.error().code == Code::already_exists)
        return fail(Code::already_exists, "network with name ", network.name, " already exists");
    RT_TRY(std::move(added));
    if (auto made = make(*state, *backend, network); !made) {
        ::unlink(engine.lock_file(cat("network-", network.name)).c_str());
        return std::unexpected(std::move(made).error());
    }
    return network;
}

Result<void> remove_network(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const auto predefined = [&](const std::string& name) {
        return fail(Code::failed_precondition, name, " is a pre-defined network and cannot be removed");
    };
    if (is_predefined(engine, reference)) return predefined(reference);
    RT_TRY_ASSIGN(const Network found, state->networks.find_any(reference));
    if (is_predefined(engine, found.name)) return predefined(found.name);
    if (!found.user_defined()) { // of a driver that has left the wiring
        RT_TRY_ASSIGN(const LockFile lock, lock_network(engine, found.name));
        RT_TRY(close(*state, found));
        return state->networks.remove(
            found.id); // what it has on the host, doctor finds once it is wired again
    }
    RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_in(found.id));
    if (!endpoints.empty()) (void)recover(engine); // of containers that have ended without anybody seeing it
    return remove_found(engine, *state, found.name);
}

Result<std::vector<Network>> list_networks(Engine& engine) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(auto networks, state->networks.list());
    bool added = false;
    for (const auto& [name, unused] : engine.wiring().network.drivers) {
        if (std::ranges::find(networks, name, &Network::name) != networks.end()) continue;
        const auto backend = engine.drivers().network(name);
        if (!backend) continue; // `config check` says why
        const auto outcome = state->networks.add(
            {.id = random_hex(64), .name = name, .driver = name, .traits = (*backend)->traits()});
        if (!outcome && outcome.error().code != Code::already_exists) return std::unexpected(outcome.error());
        added = true;
    }
    return added ? state->networks.list() : std::move(networks);
}

Result<std::vector<std::string>> prune_networks(Engine& engine, const NetworkFilters& filters) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const auto networks, state->networks.list());
    std::vector<std::string> removed;
    for (const Network& network : networks) {
        if (!network.user_defined()) continue;
        RT_TRY_ASSIGN(const NetworkConfig config, network_config_from_json(network.config));
        RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_in(network.id));
        if (!endpoints.empty() || !filters.matches(network, config, false)) continue;
        const auto outcome = remove_found(engine, *state, network.name);
        if (outcome) {
            removed.push_back(network.name);
        } else if (outcome.error().code != Code::failed_precondition &&
                   outcome.error().code != Code::not_found) { // joined or removed meanwhile
            return std::unexpected(outcome.error());
        }
    }
    return removed;
}

std::vector<Error> rest_networks(Engine& engine) {
    const auto state = engine.state();
    if (!state) return {state.error()};
    const auto networks = (*state)->networks.list();
    if (!networks) return {networks.error()};
    std::vector<Error> problems;
    for (const Network& network : *networks) {
        if (!engine.wiring().network.drivers.contains(network.driver))
            continue; // waits until it is wired again
        if (auto rested = rest(engine, **state, network.name); !rested)
            problems.push_back(
                in_context(std::move(rested).error(), "take down network '", network.name, "'").error());
    }
    return problems;
}

Result<Network> find_network(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    if (auto known = state->networks.find_any(reference); known) return known;
    if (const auto listed = list_networks(engine); !listed) // whether there is one cannot be said
        return fail(Code::unavailable, "look for network ", reference, ": ", listed.error().message);
    return state->networks.find_any(reference);
}

} // namespace rt
