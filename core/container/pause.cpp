// SPDX-License-Identifier: Apache-2.0
#include "core/container/pause.hpp"

#include "core/container/container_events.hpp"
#include "core/container/recovery.hpp"
#include "core/shim/client.hpp"

#include <filesystem>

namespace rt {
namespace {

enum class Wanted { paused, running };

Result<void> change(Engine& engine, const std::string& reference, Wanted wanted) {
    const std::string verb = wanted == Wanted::paused ? "pause" : "unpause";
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    auto shim = container.phase == Phase::running ? ShimClient::connect(engine.run_directory(container.id))
                                                  : fail(Code::not_found, "");
    if (!shim && shim.error().code == Code::not_found)
        return fail(Code::failed_precondition, "cannot ", verb, " container '", container.name,
                    "': it is not running");
    if (!shim)
        return in_context(std::move(shim).error(), "cannot ", verb, " container '", container.name, "'");
    std::error_code problem;
    const bool paused = std::filesystem::exists(engine.run_directory(container.id) / "paused", problem);
    if (paused == (wanted == Wanted::paused))
        return fail(Code::failed_precondition, "cannot ", verb, " container '", container.name, "': it is ",
                    paused ? "already paused" : "not paused");
    const Operation operation = Engine::new_operation();
    auto outcome = wanted == Wanted::paused ? shim->pause(operation) : shim->resume(operation);
    if (!outcome)
        return in_context(std::move(outcome).error(), "cannot ", verb, " container '", container.name, "'");
    return state->database.transaction([&] { return note_event(*state, container, verb); });
}

} // namespace

Result<void> pause(Engine& engine, const std::string& reference) {
    return change(engine, reference, Wanted::paused);
}

Result<void> unpause(Engine& engine, const std::string& reference) {
    return change(engine, reference, Wanted::running);
}

} // namespace rt
