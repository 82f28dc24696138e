// SPDX-License-Identifier: Apache-2.0
#include "core/container/start.hpp"

#include "core/container/launch.hpp"
#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"

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

Result<void> walk(Launch& launch, const std::string& container_id) {
    RT_TRY(launch.load(container_id));
    RT_TRY(check_phase(launch.record()));
    RT_TRY(launch.launch_shim());
    RT_TRY(launch.find_image_again());
    RT_TRY(launch.join_network());
    RT_TRY(launch.state().database.transaction([&] { return launch.record_endpoint(); }));
    RT_TRY(launch.make_bundle());
    RT_TRY(launch.make_container());
    return launch.start(StartedBy::user);
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
    // Whatever an earlier run left is cleaned up first.
    const auto before = refresh(engine, *found);
    if (!before) return failed(before.error(), false);
    Launch launch(engine, options);
    Result<void> outcome;
    try {
        outcome = walk(launch, before->id);
    } catch (const std::exception& exception) {
        outcome = fail(Code::internal, "start container '", before->name, "': ", exception.what());
    }
    if (outcome) return launch.running();
    Error error = with_last_words(engine, before->id, launch.shim(), std::move(outcome).error());
    const bool program = launch.program_failed();
    const int exit_code = !program ? 128 : error.code == Code::not_found ? 127 : 126;
    if (launch.has_begun())
        (void)take_back_start(engine, launch.shim(), launch.take_lock(), {*before, exit_code, error.message});
    return failed(std::move(error), program);
}

} // namespace rt
