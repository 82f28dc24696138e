// SPDX-License-Identifier: Apache-2.0
#include "core/container/pause.hpp"

#include "core/container/container_events.hpp"
#include "core/container/recovery.hpp"
#include "core/container/running_shim.hpp"

#include <filesystem>

namespace rt {
namespace {

enum class Target { paused, running };

Result<void> change(Engine& engine, const std::string& reference, Target wanted) {
    const std::string verb = wanted == Target::paused ? "pause" : "unpause";
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    RT_TRY_ASSIGN(ShimClient shim, connect_running(engine, container, verb));
    std::error_code problem;
    const bool paused = std::filesystem::exists(engine.run_directory(container.id) / "paused", problem);
    if (paused == (wanted == Target::paused))
        return fail(Code::failed_precondition, "cannot ", verb, " container '", container.name, "': it is ",
                    paused ? "already paused" : "not paused");
    const Operation operation = Engine::new_operation();
    auto outcome = wanted == Target::paused ? shim.pause(operation) : shim.resume(operation);
    if (!outcome)
        return in_context(std::move(outcome).error(), "cannot ", verb, " container '", container.name, "'");
    return state->database.transaction([&] { return note_event(*state, container, verb); });
}

} // namespace

Result<void> pause(Engine& engine, const std::string& reference) {
    return change(engine, reference, Target::paused);
}

Result<void> unpause(Engine& engine, const std::string& reference) {
    return change(engine, reference, Target::running);
}

Result<Standstill> Standstill::make(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(ShimClient shim, connect_running(engine, container, "pause"));
    RT_TRY(shim.stand_still(Engine::new_operation()));
    return Standstill(engine, std::move(shim));
}

Standstill::~Standstill() {
    if (engine_ == nullptr) return;
    if (auto done = shim_.go_on(Engine::new_operation()); !done) engine_->warn(done.error().message);
}

} // namespace rt
