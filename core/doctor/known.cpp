// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/known.hpp"

#include <nlohmann/json.hpp>

namespace rt::doctor {
namespace {

Result<void> add_containers(Engine& engine, Engine::State& state, const std::string& own, Json& known) {
    Json existing = Json::array(), resting = Json::array();
    RT_TRY(state.database.run(
        "SELECT id, phase IN ('exited', 'created') FROM containers", {}, [&](const SqlRow& row) {
            const std::string id = row.text(0);
            const bool rests = row.number(1) != 0 && (id == own || !is_locked(engine.lock_file(id)));
            (rests ? resting : existing).push_back(id);
        }));
    RT_TRY(state.database.run(
        "SELECT DISTINCT actor_id FROM events WHERE type = 'container' AND actor_id NOT IN "
        "(SELECT id FROM containers)",
        {}, [&](const SqlRow& row) {
            const std::string id = row.text(0);
            if (id == own || !is_locked(engine.lock_file(id))) resting.push_back(id);
        }));
    known["containers"] = std::move(existing);
    known["resting"] = std::move(resting);
    return {};
}

Result<void> add_snapshots(Engine::State& state, const std::string& instance, Json& known) {
    Json snapshots = Json::array();
    RT_TRY(state.database.run("SELECT id FROM containers", {}, [&](const SqlRow& row) {
        snapshots.push_back(Engine::snapshot_of(row.text(0)));
    }));
    RT_TRY(state.database.run("SELECT snapshot FROM layers WHERE storage = ?", {instance},
                              [&](const SqlRow& row) { snapshots.push_back(row.text(0)); }));
    known["snapshots"] = std::move(snapshots);
    return {};
}

Result<void> add_networks(Engine::State& state, const std::string& instance, Json& known) {
    Json networks = Json::array(), endpoints = Json::array();
    RT_TRY_ASSIGN(const auto all, state.networks.list());
    for (const Network& network : all) {
        if (network.driver != instance) continue;
        networks.push_back(network_json(network));
        RT_TRY_ASSIGN(const auto members, state.networks.endpoints_in(network.id));
        for (const Endpoint& endpoint : members) endpoints.push_back(endpoint.id);
    }
    known["networks"] = std::move(networks);
    known["endpoints"] = std::move(endpoints);
    return {};
}

} // namespace

Result<std::string> known_json(Engine& engine, Engine::State& state, Role role, const std::string& instance,
                               const std::string& own) {
    Json known{{"snapshots", Json::array()},
               {"networks", Json::array()},
               {"endpoints", Json::array()},
               {"cgroup_parent", engine.wiring().cgroup_parent.native()}};
    RT_TRY(add_containers(engine, state, own, known));
    if (role == Role::storage) RT_TRY(add_snapshots(state, instance, known));
    if (role == Role::network) RT_TRY(add_networks(state, instance, known));
    return known.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace rt::doctor
