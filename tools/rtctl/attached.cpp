// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/attached.hpp"

#include "core/container/ended_run.hpp"
#include "core/container/live_state.hpp"
#include "core/container/reap.hpp"
#include "tools/rtctl/output.hpp"

namespace rt::cli {
namespace {

constexpr int kEngineFailed = 125;
constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;
constexpr int kInterrupted = 130;

Result<int> follow(Engine& engine, Foreground& foreground, RunningContainer& container) {
    note_resizes(engine, container.record, foreground);
    const auto result = foreground.follow(container.shim);
    if (result && result->end == ForegroundEnd::detached) {
        note(engine, container.record, "detach");
        RT_TRY(container.shim.give_up_lease());
        return 0;
    }
    if (result && result->end == ForegroundEnd::interrupted) {
        RT_TRY(container.shim.give_up_lease());
        return 128 + result->signal_number;
    }
    if (result && result->end == ForegroundEnd::exited) {
        RT_TRY(reap(engine, container.record.id, &container.shim));
        return result->exit.exit_code;
    }
    // The conversation has ended, not the container: its shim sees to it, unless that is dead.
    if (!result && shim_is_alive(engine.run_directory(container.record.id)))
        return std::unexpected(result.error());
    RT_TRY(reap(engine, container.record.id, nullptr));
    return fail(Code::internal, "the shim of container '", container.record.name,
                "' was killed; what was left of the container has been cleaned up");
}

} // namespace

void note(Engine& engine, const Container& container, const std::string& action,
          const EventDetails& details) {
    const auto state = engine.state();
    const Result<void> noted =
        state ? record_event(**state, container, action, details) : std::unexpected(state.error());
    if (!noted) warn(noted.error().message);
}

void note_resizes(Engine& engine, const Container& container, Foreground& foreground) {
    foreground.on_resize([&engine, &container](int rows, int columns) {
        note(engine, container, "resize",
             {{"height", std::to_string(rows)}, {"width", std::to_string(columns)}});
    });
}

int report(const RunFailure& failure) {
    print_error(failure.error);
    if (failure.error.code == Code::cancelled) return kInterrupted;
    if (!failure.program_failed) return kEngineFailed;
    return failure.error.code == Code::not_found ? kNotFound : kCannotExecute;
}

int follow_to_end(Engine& engine, Foreground& foreground, RunningContainer& container) {
    auto exit_code = follow(engine, foreground, container);
    return exit_code ? *exit_code : report({std::move(exit_code).error(), false});
}

Result<Container> running_container(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, settled(engine, found)); // a run that is over is not joined
    if (container.phase == Phase::restarting)
        return fail(Code::failed_precondition, "container '", container.name,
                    "' is restarting: wait until it runs");
    if (container.phase != Phase::running)
        return fail(Code::failed_precondition, "cannot attach to container '", container.name,
                    "': it is not running; start it first");
    if (is_paused(engine, container.id))
        return fail(Code::failed_precondition, "cannot attach to container '", container.name,
                    "': it is paused; unpause it first");
    return container;
}

Result<int> take_part(Engine& engine, const Container& container, Foreground& foreground, bool with_stdin) {
    RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(engine.run_directory(container.id)));
    RT_TRY(shim.attach(with_stdin));
    note(engine, container, "attach");
    note_resizes(engine, container, foreground);
    RT_TRY_ASSIGN(const ForegroundResult result, foreground.follow(shim));
    switch (result.end) {
    case ForegroundEnd::exited: return result.exit.exit_code;
    case ForegroundEnd::detached: note(engine, container, "detach"); return 0;
    case ForegroundEnd::interrupted: return 128 + result.signal_number;
    case ForegroundEnd::lost: break;
    }
    return fail(Code::unavailable, "the shim of container '", container.name, "' has ended before it");
}

} // namespace rt::cli
