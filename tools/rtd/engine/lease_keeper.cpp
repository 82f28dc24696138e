// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/lease_keeper.hpp"

#include "core/base/id.hpp"
#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"
#include "tools/rtd/engine/shim_stream.hpp"
#include "tools/rtd/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace rt::rtd {
namespace {

struct Kept {
    ShimClient shim;
    bool has_lease = false;
};
using MaybeKept = std::shared_ptr<Kept>; // null: there is nothing to keep

// Holding the lease where it can be had.
Result<MaybeKept> take(Engine& engine, const std::string& id) {
    auto shim = ShimClient::connect(engine.run_directory(id));
    if (!shim && (shim.error().code == Code::not_found || shim.error().code == Code::unavailable))
        return MaybeKept();
    if (!shim) return std::unexpected(std::move(shim).error());
    const bool has_lease = shim->take_lease().has_value();
    const auto watched = shim->watch_exit();
    if (!watched && watched.error().code == Code::unavailable) return MaybeKept(); // it ends just now
    RT_TRY(watched);
    return std::make_shared<Kept>(Kept{std::move(*shim), has_lease});
}

Result<void> clean_up(Engine& engine, const std::string& id, ShimClient* shim) {
    if (shim != nullptr) return reap(engine, id, shim);
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    auto container = state->containers.find(id);
    if (container) {
        auto now = refresh(engine, *container);
        if (now || now.error().code == Code::not_found) return {};
        return std::unexpected(std::move(now).error());
    }
    if (container.error().code == Code::not_found) return {};
    return std::unexpected(std::move(container).error());
}

} // namespace

void LeaseKeeper::keep(const std::string& container_id, ShimClient shim) {
    begin(container_id, std::move(shim), Role::holder);
}

void LeaseKeeper::begin(const std::string& container_id, ShimClient shim, Role role) {
    if (!kept_.insert(container_id).second) return;
    asio::co_spawn(executor_, watch(container_id, std::move(shim), role), asio::detached);
}

Awaitable<void> LeaseKeeper::watch(std::string container_id, ShimClient shim, Role role) {
    ShimStream stream(executor_, std::move(shim));
    bool ended = false;
    for (;;) {
        const auto event = co_await stream.next();
        ended = event && event->kind == ShimEvent::Kind::exit;
        if (!event || ended || event->kind == ShimEvent::Kind::closed) break;
    }
    if (ended && role == Role::watcher) { // its holder cleans up; should that die, the shim does
        while (const auto event = co_await stream.next())
            if (event->kind == ShimEvent::Kind::closed || event->kind == ShimEvent::Kind::exit) break;
    }
    kept_.erase(container_id);
    const auto last = std::make_shared<ShimClient>(stream.release());
    const bool holds = ended && role == Role::holder;
    auto task = reapers_.run([container_id, last, holds](Engine& engine) {
        return clean_up(engine, container_id, holds ? last.get() : nullptr);
    });
    const auto outcome = co_await std::move(task);
    if (!outcome)
        log(LogLevel::error,
            cat("clean up after container ", short_id(container_id), ": ", outcome.error().message));
}

Awaitable<void> LeaseKeeper::take_over(std::string container_id) {
    if (kept_.contains(container_id)) co_return;
    auto task = reapers_.run([container_id](Engine& engine) { return take(engine, container_id); });
    const auto taken = co_await std::move(task);
    if (!taken)
        log(LogLevel::warning,
            cat("take over container ", short_id(container_id), ": ", taken.error().message));
    if (!taken || *taken == nullptr) co_return;
    begin(container_id, std::move((*taken)->shim), (*taken)->has_lease ? Role::holder : Role::watcher);
}

Awaitable<void> LeaseKeeper::take_over_all() {
    using Ids = std::vector<std::string>;
    auto task = reapers_.run([](Engine& engine) -> Result<Ids> {
        for (const Error& problem : recover(engine)) log(LogLevel::warning, problem.message);
        RT_TRY_ASSIGN(Engine::State* const state, engine.state());
        RT_TRY_ASSIGN(const auto containers, state->containers.in_phase(Phase::running));
        Ids ids;
        for (const Container& container : containers) ids.push_back(container.id);
        return ids;
    });
    const auto running = co_await std::move(task);
    if (!running) log(LogLevel::error, cat("take over what runs: ", running.error().message));
    if (!running) co_return;
    for (const std::string& id : *running) co_await take_over(id);
}

Awaitable<void> LeaseKeeper::run() {
    const EventQueue::Wanted wanted = [](const Event& event) {
        return event.type == "container" && event.action == "start";
    };
    auto starts = events_.listen(wanted);
    co_await take_over_all();
    for (;;) {
        const auto event = co_await starts->next();
        if (event) {
            asio::co_spawn(executor_, take_over((*event)->actor_id), asio::detached);
            continue;
        }
        starts = events_.listen(wanted); // so many that they are lost: what runs is looked at instead
        co_await take_over_all();
    }
}

} // namespace rt::rtd
