// SPDX-License-Identifier: Apache-2.0
// The writable layers of containers, in whatever storage driver.
#include "core/base/id.hpp"
#include "core/doctor/areas.hpp"

#include <algorithm>
#include <set>

namespace rt::doctor {
namespace {

constexpr std::string_view kContainerPrefix = "c-";

// Of all containers, whatever storage driver they name: whose record is wrong loses nothing.
Result<std::set<std::string>> known_snapshots(Engine::State& state) {
    std::set<std::string> known;
    RT_TRY(state.database.run("SELECT id FROM containers", {},
                              [&](const SqlRow& row) { known.insert(Engine::snapshot_of(row.text(0))); }));
    return known;
}

Result<void> remove_unowned(Engine& engine, Engine::State& state, const std::string& storage,
                            const std::string& id) {
    RT_TRY(none_is_unrecorded(engine, state));
    RT_TRY_ASSIGN(const auto known, known_snapshots(state));
    if (known.contains(id)) return {};
    RT_TRY_ASSIGN(const auto driver, engine.drivers().storage(storage));
    return driver->remove(Engine::new_operation(), id);
}

// One that is just being made or removed has its lock held.
Result<bool> is_missed(Examination& examination, const std::string& id) {
    if (is_locked(examination.engine().lock_file(id))) return false;
    RT_TRY_ASSIGN(const auto container, container_of(examination.state(), id));
    return container && (container->phase == Phase::created || container->phase == Phase::exited);
}

Result<void> look_at_storage(Examination& examination, const std::string& storage) {
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto driver, engine.drivers().storage(storage));
    std::vector<std::string> expected;
    RT_TRY(
        state.database.run("SELECT id FROM containers WHERE storage = ? AND phase IN ('created', 'exited')",
                           {storage}, [&](const SqlRow& row) { expected.push_back(row.text(0)); }));
    RT_TRY_ASSIGN(const auto snapshots, driver->list(Engine::new_operation()));
    RT_TRY_ASSIGN(const auto known, known_snapshots(state));
    RT_TRY_ASSIGN(const auto unrecorded, unrecorded_containers(engine, state));
    for (const Snapshot& snapshot : unrecorded.empty() ? snapshots : decltype(snapshots){}) {
        if (!snapshot.id.starts_with(kContainerPrefix) || known.contains(snapshot.id)) continue;
        examination.report(
            "storage.snapshot",
            {.subject = cat("snapshot '", snapshot.id, "' in storage '", storage, "'"),
             .text = "is the writable layer of a container that does not exist",
             .owner = cat("a container whose id begins with ", snapshot.id.substr(kContainerPrefix.size())),
             .repair = [&engine, &state, storage, id = snapshot.id] {
                 return remove_unowned(engine, state, storage, id);
             }});
    }
    for (const std::string& id : expected) {
        if (std::ranges::find(snapshots, Engine::snapshot_of(id), &Snapshot::id) != snapshots.end()) continue;
        RT_TRY_ASSIGN(const bool missed, is_missed(examination, id));
        if (missed)
            examination.report("container.layer-missing",
                               {.subject = cat("container ", short_id(id)),
                                .text = cat("its writable layer is not in storage '", storage,
                                            "': it cannot be started, and what it had written is lost"),
                                .owner = cat("container ", id),
                                .advice = cat("rtctl rm ", short_id(id), ", and make it anew")});
    }
    return {};
}

} // namespace

void look_at_snapshots(Examination& examination) {
    const Wiring& wiring = examination.engine().wiring();
    for (const auto& [instance, wired] : wiring.storage.drivers) {
        if (!std::filesystem::exists(wiring.root / "storage" / instance)) continue; // never used
        examination.look("storage.snapshot", [&] { return look_at_storage(examination, instance); });
    }
}

} // namespace rt::doctor
