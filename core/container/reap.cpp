// SPDX-License-Identifier: Apache-2.0
#include "core/container/reap.hpp"

#include "core/base/clock.hpp"
#include "core/base/lock_file.hpp"
#include "core/base/text.hpp"
#include "core/container/boot.hpp"
#include "core/container/container_events.hpp"
#include "core/container/container_volumes.hpp"
#include "core/container/live_state.hpp"
#include "core/container/name_service.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/restart_mark.hpp"
#include "core/container/restart_policy.hpp"
#include "core/container/running_index.hpp"
#include "core/container/running_shim.hpp"
#include "core/container/shared_memory.hpp"
#include "core/container/shim_settings.hpp"
#include "core/container/spec.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <optional>

namespace rt {
namespace {

// With the older ones that rotation has left. A kill in the middle of a rotation may have left a gap.
Result<void> remove_log(Engine& engine, const Container& container) {
    const Path log = engine.log_file(container.id);
    const auto spec = spec_from_json(container.spec);
    const auto kept = spec ? shim_log(spec->log_config, log) : fail(Code::corrupt, "");
    for (int number = 1; kept && kept->max_files > 1 && number <= kept->max_files; ++number)
        RT_TRY(remove_tree(cat(log.native(), ".", number)));
    if (kept && kept->max_files > 1) RT_TRY(remove_tree(cat(log.native(), ".new")));
    return remove_tree(log);
}

constexpr int kUnknownExit = 255; // nobody saw how it ended: the shim was killed, or the host went down

class Reap {
public:
    Reap(Engine& engine, std::string id, ShimClient* shim, std::optional<LockFile> lock = std::nullopt)
        : engine_(engine), id_(std::move(id)), directory_(engine.run_directory(id_)), shim_(shim),
          lock_(std::move(lock)), operation_(Engine::new_operation()) {}

    enum class Outcome { record, remove, take_back };

    Result<void> go(Outcome wanted, const FailedStart* failed = nullptr) {
        // Its end has been told to who holds its lease: nobody else can begin anything with it.
        if (wanted == Outcome::record) RT_TRY(begin_destroy());
        RT_TRY_ASSIGN(state_, engine_.state());
        RT_TRY(make_directories(engine_.lock_file("x").parent_path()));
        if (!lock_) {
            RT_TRY_ASSIGN(lock_, LockFile::acquire(engine_.lock_file(id_)));
            // While we waited, another has cleaned up, and begun the next run.
            if (shim_ == nullptr && shim_is_alive(directory_)) return {};
        }
        auto found = state_->containers.find(id_);
        if (!found && found.error().code != Code::not_found) return std::unexpected(std::move(found).error());
        if (found) container_ = std::move(*found);
        if (container_) spec_ = spec_from_json(container_->spec);

        const bool removed = container_ && (wanted == Outcome::remove || goes(*container_, wanted));
        // Once its files begin to go it cannot be anything else any more, should we be killed now. What runs
        // and goes with its end is said by that.
        if (removed && (wanted == Outcome::remove || container_->phase == Phase::exited))
            RT_TRY(record_removal());
        if (wanted != Outcome::record) RT_TRY(begin_destroy());
        // A container that has ended has nothing mounted any more; its files can go while the shim removes
        // its cgroups.
        const bool early = removed && wanted == Outcome::record && shim_ != nullptr && end_is_due();
        const Result<void> files = early ? remove_files() : Result<void>();
        RT_TRY(end_destroy());
        RT_TRY(files);
        if (container_) {
            RT_TRY(detach());
            if (spec_ && spec_->ipc_mode == "shareable") RT_TRY(unmount_shared_memory(directory_));
            if (removed && !early) RT_TRY(remove_files());
            if (has_volumes()) RT_TRY(volumes().close());
            RT_TRY(state_->database.transaction([&] { return record(removed, failed); }));
        }
        if (!released_.empty()) RT_TRY(volumes().remove_released(released_));
        RT_TRY(close());
        if (removed) forget_restart(engine_, id_);
        return tell_what_stays(wanted);
    }

    void keep_anonymous_volumes() { keeps_volumes_ = true; }

private:
    [[nodiscard]] bool goes(const Container& container, Outcome wanted) const {
        if (container.phase == Phase::creating || container.phase == Phase::removing) return true;
        if (wanted == Outcome::take_back) return false; // it stays, with the reason
        // One that is at rest has been stopped to be started again; who wanted that may have been killed.
        if (container.phase != Phase::running && container.phase != Phase::exited) return false;
        return spec_ && spec_->auto_remove && !is_being_restarted(engine_, id_);
    }

    // Its latest run is not over in what is recorded. One whose removal was begun while it ran is not in
    // phase running any more, and its end has still to be told, should the first who removed it have been
    // killed.
    [[nodiscard]] bool end_is_due() const {
        return container_->phase == Phase::running ||
               (container_->phase == Phase::removing && container_->started_at > container_->finished_at);
    }

    // A driver that cannot be had, as one that has left the wiring file, ends nothing but what only it can
    // do: that stays on record, and is done by the next clean-up that has the driver. Null: so it is.
    template <class Driver>
    std::shared_ptr<Driver> driver_for(const std::string& what, Result<std::shared_ptr<Driver>> found) {
        if (found) return std::move(*found);
        stays_.push_back(cat(what, " (", found.error().message, ")"));
        return nullptr;
    }

    // Its own layer and its log. Repeatable.
    Result<void> remove_files() {
        const auto storage = driver_for(cat("its layer in storage '", container_->storage, "'"),
                                        engine_.drivers().storage(container_->storage));
        if (storage) RT_TRY(storage->remove(Engine::new_operation(), Engine::snapshot_of(id_)));
        return remove_log(engine_, *container_);
    }

    // Who wanted it removed has failed; for all others it has ended, as they wanted.
    Result<void> tell_what_stays(Outcome wanted) {
        if (stays_.empty()) return {};
        const std::string text =
            cat("clean up after container '", container_->name, "': ", joined(stays_, ", "),
                stays_.size() == 1 ? " stays" : " stay",
                ": put the driver back (its plugin, or its line in the wiring file) and repeat");
        if (wanted == Outcome::remove) return fail(Code::failed_precondition, text);
        engine_.warn(text);
        return {};
    }

    [[nodiscard]] bool has_volumes() const { return !container_->mounts.empty(); }
    ContainerVolumes volumes() { return {engine_, *state_, id_}; }

    // Which volumes go with it is said here: whoever has to go on after us only knows that it is to go.
    Result<void> record_removal() {
        if (!has_volumes() || !keeps_volumes_) return state_->containers.set_phase(id_, Phase::removing);
        return state_->database.transaction([&]() -> Result<void> {
            RT_TRY(volumes().keep_anonymous());
            return state_->containers.set_phase(id_, Phase::removing);
        });
    }

    // What a shim was to do that has died meanwhile is ours.
    Result<void> unless_dead(Result<void> outcome) {
        if (outcome || !shim_dies(directory_)) return outcome;
        shim_ = nullptr;
        return {};
    }

    Result<void> begin_destroy() {
        if (shim_ == nullptr) return {};
        auto sent = shim_->send_destroy(operation_);
        if (!sent && reconnect()) sent = shim_->send_destroy(operation_);
        return unless_dead(std::move(sent));
    }

    // A shim that could not send an answer, for want of memory, hangs up and lives on, perhaps with a
    // container that runs. False: somebody else has its lease, and will clean up.
    bool reconnect() {
        auto again = ShimClient::connect(directory_);
        if (!again || !again->take_lease()) return false;
        reconnected_ = std::move(*again);
        shim_ = &*reconnected_;
        return true;
    }

    // Without a shim by an instance of our own: the config says where things are.
    Result<void> end_destroy() {
        if (shim_ != nullptr) RT_TRY(unless_dead(shim_->receive_destroyed()));
        if (shim_ != nullptr || !container_) return {};
        auto config = read_file(directory_ / "config.json");
        if (!config && config.error().code == Code::not_found) {
            destroy_without_config();
            return {};
        }
        RT_TRY(config);
        auto isolation = engine_.drivers().isolation(container_->isolation);
        if (!isolation) // what it holds may be in use
            return in_context(std::move(isolation).error(), "end what is left of container '",
                              container_->name,
                              "', whose shim is dead: put the driver back (its plugin, or its line in the "
                              "wiring file) and repeat");
        return (*isolation)->destroy(operation_, id_, *config);
    }

    // It never came as far as being created, or the host has been started anew since; or somebody has removed
    // the run's directory, and its cgroup may be left, where it is known from the record.
    void destroy_without_config() {
        if (!end_is_due() || !spec_ || container_->started_at < boot_time_ns()) return;
        const std::string cgroup = cgroup_path_of(*spec_, engine_.wiring().cgroup_parent.native(), id_);
        const std::string config =
            Json{{"linux", {{"cgroupsPath", cgroup}}}}.dump(-1, ' ', false, Json::error_handler_t::replace);
        const auto isolation = engine_.drivers().isolation(container_->isolation);
        const auto done =
            isolation ? (*isolation)->destroy(operation_, id_, config) : std::unexpected(isolation.error());
        if (!done)
            engine_.warn(cat("end what is left of container '", container_->name,
                             "', whose run directory was removed: ", done.error().message,
                             "; look for its processes in the cgroup '", cgroup, "'"));
    }

    Result<void> detach() {
        RT_TRY_ASSIGN(const std::vector<Endpoint> endpoints, state_->networks.endpoints_of(id_));
        for (const Endpoint& endpoint : endpoints) {
            RT_TRY_ASSIGN(const auto network, state_->networks.find_by_id(endpoint.network_id));
            if (network) {
                RT_TRY(withdraw_names(engine_, endpoint, *network));
                auto found = engine_.drivers().network(network->driver);
                // As far as is recorded it has done nothing for this one.
                if (!found && endpoint.result.empty()) {
                    detached_.push_back(endpoint.id);
                    continue;
                }
                const auto backend =
                    driver_for(cat("its place in network '", network->name, "'"), std::move(found));
                if (!backend) continue;
                RT_TRY(backend->detach(operation_, endpoint_json(endpoint, *network), -1));
                if (!endpoint.result.empty()) left_.push_back(*network);
            }
            detached_.push_back(endpoint.id);
        }
        return {};
    }

    // One transaction: that it has ended, what that means for its network, and whether it is still there.
    Result<void> record(bool removed, const FailedStart* failed) {
        RT_TRY(prune_now_and_then(*state_));
        if (end_is_due() && failed == nullptr) RT_TRY(record_exit(removed));
        // It was to be started again, and is not: by a user's will, or because nobody is left who would.
        if (container_->phase == Phase::restarting && failed == nullptr && !removed)
            RT_TRY(state_->containers.set_phase(id_, Phase::exited));
        for (const Network& network : left_) RT_TRY(note_network_event(*state_, network, id_, "disconnect"));
        if (has_volumes() && end_is_due()) {
            RT_TRY_ASSIGN(const auto mounts, mounts_from_text(container_->mounts));
            RT_TRY(volumes().note_unmounted(mounts));
        }
        for (const std::string& endpoint : detached_) RT_TRY(state_->networks.remove_endpoint(endpoint));
        // Its end is on record; what is left of its removal is done when it is asked for again.
        if (removed && !stays_.empty()) return state_->containers.set_phase(id_, Phase::removing);
        if (removed) {
            if (has_volumes()) {
                RT_TRY_ASSIGN(released_, volumes().release());
            }
            RT_TRY(state_->containers.remove(id_));
            return note_event(*state_, *container_, "destroy");
        }
        if (failed != nullptr)
            RT_TRY(state_->containers.set_not_started(failed->before, failed->exit_code, failed->problem));
        return {};
    }

    Result<void> record_exit(bool removed) {
        RT_TRY_ASSIGN(const auto exit, read_exit_record(directory_));
        ContainerEnd end{now_ns(), kUnknownExit, false,
                         "nobody saw how it ended: its shim was killed, or the host went down"};
        if (exit) end = {exit->finished_at, exit->exit_code, exit->oom_killed};
        end.log_lines_lost =
            static_cast<std::int64_t>(exit ? exit->log_lines_lost : read_log_loss(directory_).lines);
        if (end.oom_killed) RT_TRY(note_event(*state_, *container_, "oom"));
        const std::int64_t seconds = (end.when - container_->started_at) / 1'000'000'000;
        if (std::string start = start_with_health(engine_, *container_); !start.empty())
            RT_TRY(state_->containers.set_start_record(id_, start));
        RT_TRY(note_event(
            *state_, *container_, "die",
            {{"exitCode", std::to_string(end.exit_code)}, {"execDuration", std::to_string(seconds)}}));
        if (removed && stays_.empty()) return {}; // its row goes
        if (removed) return state_->containers.set_exited(id_, end);
        restart_delay_ = delay_before_restart(end, exit.has_value());
        return restart_delay_ ? state_->containers.set_restarting(id_, end, *restart_delay_)
                              : state_->containers.set_exited(id_, end);
    }

    // Its shim waits and sees to it; without one nobody does.
    [[nodiscard]] std::optional<std::int64_t> delay_before_restart(const ContainerEnd& end, bool seen) const {
        if (shim_ == nullptr || !seen || !spec_) return std::nullopt;
        if (spec_->restart_policy.name == "no" || is_going_down(engine_)) return std::nullopt;
        return restart_delay(spec_->restart_policy, {.exit_code = end.exit_code,
                                                     .stopped_by_user = container_->stopped_by_user,
                                                     .restart_count = container_->restart_count,
                                                     .ran_for = end.when - container_->started_at,
                                                     .latest_delay = container_->restart_delay});
    }

    // The last steps: from here on nothing of the start is left, and nobody needs to come again.
    Result<void> close() {
        if (restart_delay_) {
            RT_TRY(forget_running(engine_, id_));
            RT_TRY(unless_dead(shim_->rest(*restart_delay_)));
            if (shim_ != nullptr) return {}; // its run directory stays with it
        }
        if (shim_ != nullptr) RT_TRY(unless_dead(shim_->send_reaped()));
        RT_TRY(forget_running(engine_, id_));
        Result<void> gone = remove_tree(directory_); // while the shim takes away its own files
        if (shim_ != nullptr) RT_TRY(unless_dead(shim_->receive_reaped()));
        if (!gone) gone = remove_tree(directory_);
        RT_TRY(std::move(gone));
        ::unlink(engine_.lock_file(id_).c_str());
        return {};
    }

    Engine& engine_;
    std::string id_;
    Path directory_;
    ShimClient* shim_; // null: there is none, or it has died
    std::optional<ShimClient> reconnected_;
    std::optional<LockFile> lock_;
    Operation operation_;
    Engine::State* state_ = nullptr;
    std::optional<Container> container_;
    Result<ContainerSpec> spec_ = fail(Code::not_found, "no container");
    std::vector<Network> left_;                 // networks that it was attached to
    std::vector<std::string> detached_;         // endpoints
    std::vector<std::string> stays_;            // what cannot be done without a driver that is not there
    bool keeps_volumes_ = false;                // those without a name stay when it is removed
    std::vector<std::string> released_;         // volumes that go with it
    std::optional<std::int64_t> restart_delay_; // ns; its restart policy starts it again
};

} // namespace

Result<void> reap(Engine& engine, const std::string& container_id, ShimClient* shim) {
    return Reap(engine, container_id, shim).go(Reap::Outcome::record);
}

Result<void> reap(Engine& engine, const std::string& container_id, LockFile lock) {
    return Reap(engine, container_id, nullptr, std::move(lock)).go(Reap::Outcome::record);
}

Result<void> abandon(Engine& engine, const std::string& container_id, ShimClient* shim, LockFile lock,
                     AnonymousVolumes volumes) {
    Reap reap(engine, container_id, shim, std::move(lock));
    if (volumes == AnonymousVolumes::keep) reap.keep_anonymous_volumes();
    return reap.go(Reap::Outcome::remove);
}

Result<void> take_back_start(Engine& engine, ShimClient* shim, LockFile lock, const FailedStart& failed) {
    return Reap(engine, failed.before.id, shim, std::move(lock)).go(Reap::Outcome::take_back, &failed);
}

Error with_last_words(const Engine& engine, const std::string& container_id, const ShimClient* shim,
                      Error error) {
    const Path directory = engine.run_directory(container_id);
    if (shim == nullptr || error.code != Code::unavailable || !shim_dies(directory)) return error;
    auto words = read_file(directory / "shim.log", 1U << 20U);
    if (!words || words->empty()) return error;
    while (!words->empty() && words->back() == '\n') words->pop_back();
    const std::size_t line = words->rfind('\n');
    error.message += cat(": ", words->substr(line == std::string::npos ? 0 : line + 1));
    return error;
}

std::vector<std::string> reaper_command(const Engine& engine) {
    std::vector<std::string> command{(install_prefix() / "bin/rtctl").native()};
    if (!engine.wiring().file.empty()) {
        command.emplace_back("--config");
        command.push_back(engine.wiring().file.native());
    }
    command.emplace_back("reap");
    return command;
}

} // namespace rt
