// SPDX-License-Identifier: Apache-2.0
#include "core/container/start.hpp"

#include "core/container/ended_run.hpp"
#include "core/container/launch.hpp"
#include "core/container/live_state.hpp"
#include "core/container/reap.hpp"
#include "core/container/stop.hpp"

#include <functional>

namespace rt {
namespace {

Result<void> check_phase(const Container& container) {
    switch (container.phase) {
    case Phase::created:
    case Phase::exited: return {};
    case Phase::running: return fail(Code::already_exists, "container '", container.name, "' is running");
    case Phase::restarting:
        return fail(Code::already_exists, "container '", container.name,
                    "' is about to be started again by its restart policy");
    case Phase::creating:
    case Phase::removing: break;
    }
    return fail(Code::failed_precondition, "start container '", container.name, "': it is being ",
                container.phase == Phase::creating ? "made" : "removed");
}

Result<void> go_on(Launch& launch, StartedBy by) {
    RT_TRY(launch.find_image_again());
    RT_TRY(launch.join_networks());
    RT_TRY(launch.state().database.transaction([&] { return launch.record_endpoints(); }));
    RT_TRY(launch.open_volumes(ContainerVolumes::Moment::started));
    RT_TRY(launch.make_bundle());
    RT_TRY(launch.make_container());
    return launch.start(by);
}

Result<void> walk(Launch& launch, const std::string& container_id, bool& runs_already) {
    RT_TRY(launch.load(container_id));
    const Phase phase = launch.record().phase;
    runs_already = phase == Phase::running || phase == Phase::restarting;
    RT_TRY(check_phase(launch.record()));
    RT_TRY(launch.launch_shim());
    return go_on(launch, StartedBy::user);
}

Result<void> guarded(const std::string& name, const std::function<Result<void>()>& body) {
    try {
        return body();
    } catch (const std::exception& exception) {
        return fail(Code::internal, "start container '", name, "': ", exception.what());
    }
}

// Who recorded that it is to be started again may have been killed before the shim was told to rest.
Result<void> see_it_rests(ShimClient& shim) {
    constexpr std::int64_t kNotYet = 60'000'000'000; // ns; the lease is taken again long before
    RT_TRY_ASSIGN(const ShimState state, shim.state());
    if (state.phase != "ended") return {};
    RT_TRY(shim.rest(kNotYet));
    return shim.take_lease();
}

// What is left of it goes; the container stays, with the reason. Answers the error to report.
Error take_back(Engine& engine, Launch& launch, const Container& before, Error error) {
    error = with_last_words(engine, before.id, launch.shim(), std::move(error));
    const int exit_code = !launch.program_failed() ? 128 : error.code == Code::not_found ? 127 : 126;
    if (launch.has_begun())
        (void)take_back_start(engine, launch.shim(), launch.take_lock(), {before, exit_code, error.message});
    launch.let_go(); // whatever is done with it now takes the lock itself
    return error;
}

} // namespace

std::expected<RunningContainer, RunFailure> start(Engine& engine, const std::string& reference,
                                                  const RunOptions& options) {
    const auto failed = [](Error error, bool program) {
        return std::unexpected(RunFailure{std::move(error), program});
    };
    const auto state = engine.state();
    if (!state) return failed(state.error(), false);
    auto found = (*state)->containers.find(reference);
    if (!found) return failed(found.error(), false);
    // Whatever an earlier run left is cleaned up first. One that has just ended does not count as running.
    const auto before = settled(engine, *found);
    if (!before) return failed(before.error(), false);
    if (before->phase == Phase::running && is_paused(engine, before->id))
        return failed(Error{Code::failed_precondition, 0,
                            cat("start container '", before->name, "': it is paused: unpause it instead")},
                      false);
    Launch launch(engine, options);
    bool runs_already = false;
    auto outcome = guarded(before->name, [&] { return walk(launch, before->id, runs_already); });
    if (outcome) return launch.running();
    if (runs_already) return std::unexpected(RunFailure{std::move(outcome).error(), false, true});
    Error error = take_back(engine, launch, *before, std::move(outcome).error());
    if (const auto spec = spec_from_json(before->spec);
        spec && spec->auto_remove) { // who waits for it is told
        const auto gone = remove(engine, before->id, Force::no, AnonymousVolumes::remove);
        if (!gone && gone.error().code != Code::not_found)
            engine.warn(cat("container '", before->name, "' is to go and has stayed: ", gone.error().message,
                            ": remove it with 'rtctl rm'"));
    }
    return failed(std::move(error), launch.program_failed());
}

Result<void> start_by_policy(Engine& engine, const std::string& container_id, ShimClient shim) {
    const RunOptions options;
    Launch launch(engine, options);
    RT_TRY(launch.load(container_id));
    const Container before = launch.record();
    if (before.phase != Phase::restarting) return {}; // a user was quicker
    RT_TRY(see_it_rests(shim));
    launch.adopt_shim(std::move(shim));
    auto outcome = guarded(before.name, [&] { return go_on(launch, StartedBy::restart_policy); });
    if (outcome) return launch.running().shim.give_up_lease();
    return std::unexpected(take_back(engine, launch, before, std::move(outcome).error()));
}

} // namespace rt
