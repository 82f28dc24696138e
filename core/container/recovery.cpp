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
#include <unordered_map>

namespace rt {
namespace {

constexpr std::int64_t kReapersDue = 1'000'000'000; // ns after the end; until then it is surely under way

// A container that has ended while its shim lives: somebody cleans up after it, or the shim cannot get it
// done (the wiring file that it was started with is gone, say). Who cleans up holds the lease.
Result<bool> reap_for_its_shim(Engine& engine, const std::string& id, const Path& directory) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const auto container = state->containers.find(id);
    if (!container) return false;
    if (container->phase == Phase::restarting) return false; // it rests between two runs
    if (container->phase == Phase::running) {
        const auto exit = read_exit_record(directory);
        if (!exit || !*exit || now_ns() - (*exit)->finished_at < kReapersDue) return false;
    }
    auto shim = ShimClient::connect(directory);
    if (!shim || !shim->take_lease()) return false;
    // Who was quicker has it rest between two runs, say, or has begun the next behind the same socket.
    if (const auto found = state->containers.find(id); !found || found->phase != container->phase)
        return false;
    // One that is being removed may run: whoever had it removed is gone. One at rest was about to be started.
    if (container->phase != Phase::removing) {
        const auto now = shim->state();
        if (!now || now->phase == "running" || now->phase == "ending") return false;
    }
    RT_TRY(reap(engine, id, &*shim));
    return true;
}

// The shim reaps in our place, if it can; a dead one leaves that to us. Who holds the lock is at work on it:
// he cleans up after himself, and his shim does if he dies. Whether there was something to do.
Result<bool> finish(Engine& engine, const std::string& id) {
    const Path directory = engine.run_directory(id);
    if (shim_is_alive(directory)) {
        const bool changes = has_network_change(directory);
        if (changes) RT_TRY(settle_networks(engine, id));
        RT_TRY_ASSIGN(const bool reaped, reap_for_its_shim(engine, id, directory));
        return changes || reaped;
    }
    RT_TRY(make_directories(engine.lock_file("x").parent_path()));
    RT_TRY_ASSIGN(auto lock, LockFile::try_acquire(engine.lock_file(id)));
    if (!lock) return false;
    // Again under the lock: a start that had no shim yet when we looked may have come to its end since.
    if (shim_is_alive(directory)) return false;
    RT_TRY(reap(engine, id, std::move(*lock)));
    return true;
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

// A restart that was killed between the end and the start: what was to go with its end goes now. Under the
// lock of the container, since who reaps it asks for the mark under that, and decides by the answer; and
// under the mark: nobody begins another restart meanwhile. Whether there was something to do.
Result<bool> finish_restart(Engine& engine, Engine::State& state, const std::string& id) {
    const Path file = engine.lock_file(id);
    RT_TRY_ASSIGN(auto lock, LockFile::try_acquire(file));
    if (!lock) return false; // somebody is at work on it
    RT_TRY_ASSIGN(auto mark, RestartMark::try_set(engine, id));
    const auto container = state.containers.find(id);
    const bool rests = mark && container && container->phase == Phase::exited;
    // A shim that lives has begun the run which who was killed had asked for, and has it reaped. Taken away
    // from below it, the log would be made anew.
    if (rests && shim_is_alive(engine.run_directory(id))) {
        mark->leave();
        return false;
    }
    if (rests) {
        RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container->spec));
        if (spec.auto_remove) {
            RT_TRY(abandon(engine, id, nullptr, std::move(*lock)));
            return true;
        }
    }
    ::unlink(file.c_str()); // held: it is ours
    return mark.has_value();
}

// One go at everything there may be.
class Recovery {
public:
    Recovery(Engine& engine, Engine::State& state, const RunSurvey& survey)
        : engine_(engine), state_(state), survey_(survey), volumes_(engine.wiring(), state.database) {}

    Recovered run(const std::vector<ContainerStore::Unsettled>& containers) {
        for (const auto& [id, name, phase] : containers) unsettled_.emplace(id, phase);
        for (const auto& [id, name, phase] : containers)
            if (!just_runs(id)) {
                settle(id, cat("clean up after container '", name, "'"));
                // Whoever it was that cleans up after it, what was read before may not be true any more.
                if (phase == Phase::running) done_.is_changed = true;
            }
        sweep_run_directories();
        settle_endpoints();
        take(sweep_locks(engine_.wiring().run / "locks",
                         [&](const std::string& name) { return needs_lock(name); }));
        take(volumes_.finish_removals_but_locks());
        return std::move(done_);
    }

private:
    // And is to run, as nearly all of many containers.
    [[nodiscard]] bool just_runs(const std::string& id) const {
        const auto found = unsettled_.find(id);
        return found != unsettled_.end() && found->second == Phase::running && survey_.running.contains(id);
    }

    void settle(const std::string& id, const std::string& what = {}) {
        const auto finished = finish(engine_, id);
        done_.is_changed = done_.is_changed || !finished || *finished;
        if (!finished)
            done_.problems.push_back(what.empty() ? finished.error()
                                                  : in_context(finished.error(), what).error());
    }

    // Run directories of nobody that runs: killed between the directory and the database, or between the
    // database and the directory.
    void sweep_run_directories() {
        if (!survey_.ids)
            return done_.problems.push_back(in_context(survey_.ids.error(), "look for leftovers").error());
        for (const std::string& id : *survey_.ids) {
            std::error_code problem; // what was settled meanwhile is not settled again
            if (just_runs(id) || !std::filesystem::exists(engine_.run_directory(id), problem)) continue;
            bool in_use = false; // now: it may have begun since
            const Result<void> looked = state_.database.run(
                "SELECT 1 FROM containers WHERE id = ? AND phase NOT IN ('exited', 'created')", {id},
                [&](const SqlRow&) { in_use = true; });
            take(looked);
            if (looked && !in_use) settle(id);
        }
    }

    // Places in networks that the clean-up could not give back, for want of their driver.
    void settle_endpoints() {
        std::vector<std::string> ids;
        take(state_.database.run("SELECT DISTINCT container_id FROM endpoints", {}, [&](const SqlRow& row) {
            if (std::string id = row.text(0); !unsettled_.contains(id)) ids.push_back(std::move(id));
        }));
        for (const std::string& id : ids) {
            const auto container = state_.containers.find(id); // it may have been started since
            if (container && (container->phase == Phase::exited || container->phase == Phase::created))
                settle(id);
        }
    }

    Result<bool> needs_lock(const std::string& name) {
        if (just_runs(name)) return true;
        if (!name.starts_with(kRestartLock)) {
            RT_TRY_ASSIGN(const bool needed, is_needed(engine_, state_, name));
            if (!needed) return false;
            return volumes_.needs_lock(name);
        }
        RT_TRY_ASSIGN(const bool was_left, finish_restart(engine_, state_, name.substr(kRestartLock.size())));
        done_.is_changed = done_.is_changed || was_left;
        return true; // it sees to its lock itself
    }

    void take(std::vector<Error> problems) {
        done_.problems.insert(done_.problems.end(), std::make_move_iterator(problems.begin()),
                              std::make_move_iterator(problems.end()));
    }
    void take(const Result<void>& outcome) {
        if (!outcome) done_.problems.push_back(outcome.error());
    }

    Engine& engine_;
    Engine::State& state_;
    const RunSurvey& survey_;
    VolumeService volumes_;
    std::unordered_map<std::string_view, Phase> unsettled_; // ids of the caller's
    Recovered done_;
};

} // namespace

Recovered recover(Engine& engine, Engine::State& state,
                  const std::vector<ContainerStore::Unsettled>& containers, const RunSurvey& survey) {
    return Recovery(engine, state, survey).run(containers);
}

std::vector<Error> recover(Engine& engine) {
    auto state = engine.state();
    if (!state) return {std::move(state).error()};
    const auto containers = (*state)->containers.unsettled();
    if (!containers) return {containers.error()};
    const RunSurvey survey = survey_runs(engine.wiring().run / "containers");
    return recover(engine, **state, *containers, survey).problems;
}

Result<void> recover_one(Engine& engine, const std::string& id) {
    RT_TRY(finish(engine, id));
    return {};
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
