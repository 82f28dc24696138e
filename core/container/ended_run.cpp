// SPDX-License-Identifier: Apache-2.0
#include "core/container/ended_run.hpp"

#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"
#include "core/shim/client.hpp"

#include <poll.h>

#include <chrono>

namespace rt {

bool has_ended(Engine& engine, const Container& container) {
    if (container.phase != Phase::running) return true;
    const auto exit = read_exit_record(engine.run_directory(container.id));
    return exit && exit->has_value();
}

Result<void> see_ended(Engine& engine, const std::string& id) {
    const Path directory = engine.run_directory(id);
    auto shim = ShimClient::connect(directory);
    if (!shim && !shim_is_alive(directory)) return {};
    if (!shim) return std::unexpected(std::move(shim).error());
    auto lease = shim->take_lease();
    if (!lease && (lease.error().code == Code::unavailable || !shim_is_alive(directory))) return {};
    RT_TRY(std::move(lease));
    // Who was quicker has it rest, or run again behind the same socket: looked at under the lease.
    RT_TRY_ASSIGN(const ShimState now, shim->state());
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const auto found = state->containers.find(id);
    if (!found || found->phase != Phase::running || now.phase != "ended") return {};
    return reap(engine, id, &*shim);
}

Result<Container> settled(Engine& engine, const Container& container) {
    Container now = container;
    const auto look = [&]() -> Result<Attempt> {
        RT_TRY_ASSIGN(now, refresh(engine, now));
        if (now.phase != Phase::running || !has_ended(engine, now)) return Attempt::done;
        RT_TRY(see_ended(engine, now.id));
        return Attempt::again;
    };
    RT_TRY(until_done(container.name, look));
    return now;
}

Result<void> until_done(const std::string& container, const std::function<Result<Attempt>()>& attempt) {
    constexpr std::chrono::seconds kLimit{30};
    const auto deadline = std::chrono::steady_clock::now() + kLimit;
    for (;;) {
        RT_TRY_ASSIGN(const Attempt outcome, attempt());
        if (outcome == Attempt::done) return {};
        if (std::chrono::steady_clock::now() > deadline)
            return fail(
                Code::unavailable, "container '", container,
                "' is being started or cleaned up by another process that does not come to an end: end that "
                "process");
        ::poll(nullptr, 0, 5);
    }
}

} // namespace rt
