// SPDX-License-Identifier: Apache-2.0
#include "core/container/recovery.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/network_change.hpp"
#include "core/container/reap.hpp"
#include "core/container/restart_mark.hpp"
#include "core/container/running_networks.hpp"
#include "core/container/spec.hpp"
#include "core/shim/client.hpp"
#include "core/volume/volume_service.hpp"

#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <unordered_set>

namespace rt {
namespace {

constexpr std::int64_t kReapersDue = 1'000'000'000; // ns after the end; until then it is surely under way

// A container that has ended while its shim lives: somebody cleans up after it, or the shim cannot get it
// done (the wiring file that it was started with is gone, say). Who cleans up holds the lease.
Result<void> reap_for_its_shim(Engine& engine, const std::string& id, const Path& directory) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const auto container = state->containers.find(id);
    if (!container) return {};
    if (container->phase == Phase::running) {
        const auto exit = read_exit_record(directory);
        if (!exit || !*exit || now_ns() - (*exit)->finished_at < kReapersDue) return {};
    } else if (container->phase != Phase::removing) { // which may run: whoever had it removed is gone
        return {};                                    // it rests between two runs, say
    }
    auto shim = ShimClient::connect(directory);
    if (!shim || !shim->take_lease()) return {};
    return reap(engine, id, &*shim);
}

// The shim reaps in our place, if it can; a dead one leaves that to us. Who holds the lock is at work on it:
// he cleans up after himself, and his shim does if he dies.
Result<void> finish(Engine& engine, const std::string& id) {
    const Path directory = engine.run_directory(id);
    if (shim_is_alive(directory)) {
        if (has_network_change(directory)) RT_TRY(settle_networks(engine, id));
        return reap_for_its_shim(engine, id, directory);
    }
    RT_TRY(make_directories(engine.lock_file("x").parent_path()));
    RT_TRY_ASSIGN(auto lock, LockFile::try_acquire(engine.lock_file(id)));
    if (!lock) return {};
    // Again under the lock: a start that had no shim yet when we looked may have come to its end since.
    if (shim_is_alive(directory)) return {};
    return reap(engine, id, std::move(*lock));
}

// Nothing is to be done about it. Seen without the database: of many containers, nearly all are like that.
bool just_runs(const Path& directory) {
    if (has_network_change(directory) || !shim_is_alive(directory)) return false;
    const auto exit = read_exit_record(directory);
    return exit && !*exit;
}

// Run directories of nobody that runs: killed between the directory and the database, or between the database
// and the directory. running: ids that need no look.
std::vector<Error> sweep_run_directories(Engine& engine, Engine::State& state,
                                         const std::unordered_set<std::string>& running) {
    std::vector<Error> problems;
    std::error_code problem;
    for (const auto& entry :
         std::filesystem::directory_iterator(engine.wiring().run / "containers", problem)) {
        const std::string id = entry.path().filename();
        if (running.contains(id)) continue;
        bool in_use = false;
        Result<void> outcome =
            state.database.run("SELECT 1 FROM containers WHERE id = ? AND phase NOT IN ('exited', 'created')",
                               {id}, [&](const SqlRow&) { in_use = true; });
        if (outcome && !in_use) outcome = finish(engine, id);
        if (!outcome) problems.push_back(std::move(outcome).error());
    }
    return problems;
}

// False: the lock is of a container or network that never came to be, or is no more.
Result<bool> is_needed(Engine& engine, Engine::State& state, const std::string& lock) {
    constexpr std::string_view kNetwork = "network-";
    if (lock.starts_with(kNetwork)) {
        RT_TRY_ASSIGN(const auto network, state.networks.find(lock.substr(kNetwork.size())));
        return network.has_value();
    }
    std::error_code problem;
    return !is_hex(lock) || std::filesystem::exists(engine.run_directory(lock), problem);
}

// Places in networks that the clean-up could not give back, for want of their driver.
std::vector<Error> finish_endpoints(Engine& engine, Engine::State& state) {
    std::vector<std::string> ids;
    std::vector<Error> problems;
    Result<void> outcome = state.database.run(
        "SELECT DISTINCT container_id FROM endpoints JOIN containers ON containers.id = container_id "
        "WHERE phase IN ('exited', 'created')",
        {}, [&](const SqlRow& row) { ids.push_back(row.text(0)); });
    if (!outcome) problems.push_back(std::move(outcome).error());
    for (const std::string& id : ids)
        if (outcome = finish(engine, id); !outcome) problems.push_back(std::move(outcome).error());
    return problems;
}

// A restart that was killed between the end and the start: what was to go with its end goes now. Under the
// lock of restarts: nobody begins another meanwhile.
Result<void> finish_restart(Engine& engine, Engine::State& state, const std::string& id) {
    const Path file = engine.lock_file(cat(kRestartLock, id));
    RT_TRY_ASSIGN(const auto restart, LockFile::try_acquire(file));
    if (!restart) return {}; // it is under way
    const auto container = state.containers.find(id);
    if (container && container->phase == Phase::exited) {
        RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container->spec));
        if (spec.auto_remove) {
            RT_TRY_ASSIGN(auto lock, LockFile::try_acquire(engine.lock_file(id)));
            if (!lock) return {}; // somebody is at work on it
            RT_TRY(abandon(engine, id, nullptr, std::move(*lock)));
        }
    }
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove the lock file '", file.native(), "'");
    return {};
}

} // namespace

std::vector<Error> recover(Engine& engine, std::unordered_set<std::string>* running) {
    auto state = engine.state();
    if (!state) return {std::move(state).error()};
    const auto containers = (*state)->containers.unsettled();
    if (!containers) return {containers.error()};
    std::vector<Error> problems;
    std::unordered_set<std::string> just_running;
    for (const auto& [id, name, phase] : *containers) {
        if (phase == Phase::running && just_runs(engine.run_directory(id))) {
            just_running.insert(id);
            continue;
        }
        if (auto finished = finish(engine, id); !finished)
            problems.push_back(
                in_context(std::move(finished).error(), "clean up after container '", name, "'").error());
    }
    const auto take = [&](std::vector<Error> more) {
        problems.insert(problems.end(), std::make_move_iterator(more.begin()),
                        std::make_move_iterator(more.end()));
    };
    take(sweep_run_directories(engine, **state, just_running));
    take(finish_endpoints(engine, **state));
    take(sweep_locks(engine.wiring().run / "locks", [&](const std::string& name) -> Result<bool> {
        if (just_running.contains(name)) return true;
        if (name.starts_with(kRestartLock)) {
            RT_TRY(finish_restart(engine, **state, name.substr(kRestartLock.size())));
            return true; // it sees to its lock itself
        }
        return is_needed(engine, **state, name);
    }));
    take(VolumeService(engine.wiring(), (*state)->database).finish_removals());
    if (running != nullptr) *running = std::move(just_running);
    return problems;
}

Result<void> recover_one(Engine& engine, const std::string& id) {
    return finish(engine, id);
}

Result<Container> refresh(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(Container now, state->containers.find(container.id)); // the caller's may be long ago
    // At rest, and nothing of an interrupted start or clean-up is left.
    if ((now.phase == Phase::exited || now.phase == Phase::created) &&
        !std::filesystem::exists(engine.run_directory(now.id))) {
        RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_of(now.id));
        if (endpoints.empty()) return now;
    }
    RT_TRY(finish(engine, now.id));
    return state->containers.find(now.id);
}

} // namespace rt
