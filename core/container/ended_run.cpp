// SPDX-License-Identifier: Apache-2.0
#include "core/container/ended_run.hpp"

#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"
#include "core/container/until_done.hpp"
#include "core/shim/client.hpp"

#include <optional>

namespace rt {
namespace {

// Who cleans up has the shim rest, go, or begin the next run behind the same socket, at any moment; a lease
// is only taken of one that waits to be cleaned up after. Empty: there is nothing to do, or another has it.
Result<std::optional<ShimClient>> lease_of_ended(Engine& engine, const std::string& id) {
    RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(engine.run_directory(id)));
    RT_TRY_ASSIGN(ShimState now, shim.state());
    if (now.phase != "ended") return std::nullopt;
    RT_TRY(shim.take_lease());
    RT_TRY_ASSIGN(now, shim.state());
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(id));
    if (found.phase != Phase::running || now.phase != "ended") return std::nullopt;
    return shim;
}

} // namespace

bool has_ended(Engine& engine, const Container& container) {
    if (container.phase != Phase::running) return true;
    const auto exit = read_exit_record(engine.run_directory(container.id));
    return exit && exit->has_value();
}

Result<void> reap_ended(Engine& engine, const Container& container) {
    auto shim = lease_of_ended(engine, container.id);
    // It, or the container, has just gone, or another has the lease.
    if (!shim && (shim.error().code == Code::not_found || shim.error().code == Code::unavailable)) return {};
    if (!shim) return std::unexpected(std::move(shim).error());
    if (!*shim) return {};
    auto reaped = reap(engine, container.id, &**shim);
    if (!reaped)
        return in_context(std::move(reaped).error(), "clean up after the last run of container '",
                          container.name, "'");
    return {};
}

Result<Container> settled(Engine& engine, const Container& container) {
    Container now = container;
    const auto look = [&]() -> Result<Attempt> {
        RT_TRY_ASSIGN(now, refresh(engine, now));
        if (now.phase != Phase::running || !has_ended(engine, now)) return Attempt::done;
        RT_TRY(reap_ended(engine, now));
        return Attempt::again;
    };
    RT_TRY(until_done(container.name, look));
    return now;
}

} // namespace rt
