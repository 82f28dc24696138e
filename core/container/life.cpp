// SPDX-License-Identifier: Apache-2.0
#include "core/container/life.hpp"
#include "core/container/container_lock.hpp"

#include "core/container/container_events.hpp"
#include "core/container/ended_run.hpp"
#include "core/container/name_conflict.hpp"
#include "core/container/name_service.hpp"
#include "core/container/network_change.hpp"
#include "core/container/recovery.hpp"
#include "core/container/restart_mark.hpp"
#include "core/container/running_index.hpp"
#include "core/container/running_networks.hpp"
#include "core/container/start.hpp"
#include "core/container/stop.hpp"

#include <poll.h>

#include <array>
#include <optional>

namespace rt {
namespace {

// Containers whose shim was killed end when somebody looks at them; nobody else may.
constexpr int kLookAgain = 1000; // ms

bool runs(const Container& container) {
    return container.phase == Phase::running || container.phase == Phase::restarting;
}

Result<void> wait_for_change(EventWatch& watch, int cancel_fd, const std::string& name) {
    std::array<pollfd, 2> polled{pollfd{watch.fd(), POLLIN, 0}, pollfd{cancel_fd, POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), kLookAgain) < 0 && errno != EINTR)
        return fail_errno(errno, "wait for container '", name, "'");
    if (polled[1].revents != 0) return fail(Code::cancelled, "wait for container '", name, "': cancelled");
    watch.drain();
    return {};
}

// With the name that it has now.
Result<void> index_again(Engine& engine, Engine::State& state, const std::string& id) {
    RT_TRY_ASSIGN(const Container container, state.containers.find(id));
    RT_TRY_ASSIGN(const std::string image_config, image_config_of(state, container));
    return index_running(engine, container, event_attributes(container, image_config));
}

// The change of its names in networks: begun, and over once the names are right. One that was there before,
// and that could not be settled, is not ours to end.
class NameChange {
public:
    static Result<NameChange> begin(Engine& engine, const Container& container) {
        const Path directory = engine.run_directory(container.id);
        if (has_network_change(directory)) RT_TRY(RunningNetworks::open(engine, container)); // settles it
        const bool is_ours = !has_network_change(directory);
        if (is_ours && container.phase == Phase::running) RT_TRY(begin_network_change(directory));
        return NameChange(engine, is_ours);
    }
    // container: with the name that it has at last.
    Result<void> end(const Container& container) const {
        RT_TRY(correct_names_in_networks(engine_, container));
        return is_ours_ ? end_network_change(engine_.run_directory(container.id)) : Result<void>();
    }

private:
    NameChange(Engine& engine, bool is_ours) : engine_(engine), is_ours_(is_ours) {}
    Engine& engine_;
    bool is_ours_;
};

struct Restart {
    std::string id;
    RestartMark mark;
};
Result<Restart> stop_to_restart(Engine& engine, const std::string& reference,
                                std::optional<std::chrono::seconds> grace, std::optional<int> signal_number) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(RestartMark mark, RestartMark::set(engine, found.id));
    RT_TRY(stop(engine, found.id, grace, StopReason::user, signal_number));
    return Restart{found.id, std::move(mark)};
}

} // namespace

std::expected<RunningContainer, RunFailure> restart(Engine& engine, const std::string& reference,
                                                    std::optional<std::chrono::seconds> grace,
                                                    const RunOptions& options,
                                                    std::optional<int> signal_number) {
    const auto failed = [](Error error) { return std::unexpected(RunFailure{std::move(error), false}); };
    const auto stopped = stop_to_restart(engine, reference, grace, signal_number);
    if (!stopped) return failed(stopped.error());
    auto started = start(engine, stopped->id, options);
    if (!started) return started;
    const auto state = engine.state();
    if (!state) return failed(state.error());
    auto noted =
        (*state)->database.transaction([&] { return note_event(**state, started->record, "restart"); });
    if (!noted) started->warnings.push_back(std::move(noted).error().message);
    return started;
}

Result<void> rename(Engine& engine, const std::string& reference, const std::string& name) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY(validate_container_name(name));
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY(refresh(engine, found)); // it may have ended without anybody seeing it
    // A start or `network connect` under way would go on with the old name among its networks' names.
    RT_TRY_ASSIGN(auto locked, lock_container(engine, found.id));
    Container& container = locked.container;
    if (container.name == name)
        return fail(Code::invalid_argument, "rename container '", name, "': that is its name already");
    RT_TRY_ASSIGN(const bool taken, state->containers.has_name(name));
    if (taken) return name_is_taken(state->containers, name);
    RT_TRY_ASSIGN(const NameChange change, NameChange::begin(engine, container));
    Rollback rollback;
    rollback.add([&, before = container] { (void)change.end(before); });
    RT_TRY(add_name_in_networks(engine, container, name));
    const auto indexed = find_running_by_id(engine, container.id);
    RT_TRY(forget_running(engine, container.id));
    const std::string old_name = std::exchange(container.name, name);
    const Result<void> renamed = state->database.transaction([&]() -> Result<void> {
        if (auto outcome = state->containers.set_name(container.id, name); !outcome) {
            if (outcome.error().code != Code::already_exists) return outcome;
            return name_is_taken(state->containers, name);
        }
        return note_event(*state, container, "rename", {{"oldName", "/" + old_name}});
    });
    if (indexed)
        if (auto again = index_again(engine, *state, found.id); !again) engine.warn(again.error().message);
    RT_TRY(renamed);
    rollback.commit();
    return change.end(container);
}

Result<WaitFor> parse_wait_condition(const std::string& text) {
    if (text.empty() || text == "not-running") return WaitFor::not_running;
    if (text == "next-exit") return WaitFor::next_exit;
    if (text == "removed") return WaitFor::removed;
    return fail(Code::invalid_argument, "invalid condition: \"", text,
                "\": it is one of not-running, next-exit, removed");
}

bool WaitStart::runs() const {
    return rt::runs(container);
}

Result<WaitStart> begin_wait(Engine& engine, const std::string& reference, WaitFor condition) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    WaitStart begun;
    RT_TRY_ASSIGN(begun.last_event, state->events.last_id()); // before the look: what comes after it counts
    RT_TRY_ASSIGN(begun.container, state->containers.find(reference));
    auto now = refresh(engine, begun.container);
    if (!now && now.error().code == Code::not_found) return begun; // it has just gone: the events say how
    RT_TRY_ASSIGN(begun.container, std::move(now));
    // Nobody has recorded that end yet.
    const bool is_over = begun.container.phase == Phase::running && has_ended(engine, begun.container);
    begun.ends_before = is_over && condition == WaitFor::next_exit ? 1 : 0;
    return begun;
}

Result<int> wait(Engine& engine, const std::string& reference, WaitFor condition, int cancel_fd) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(EventWatch watch, EventWatch::open(engine.wiring().root));
    RT_TRY_ASSIGN(const WaitStart begun, begin_wait(engine, reference, condition));
    Container container = begun.container;
    for (;;) {
        auto now = refresh(engine, container);
        if (now) container = std::move(*now);
        std::optional<int> died;
        bool gone = !now && now.error().code == Code::not_found;
        if (!now && !gone) return std::unexpected(std::move(now).error());
        int ends_before = begun.ends_before;
        RT_TRY(state->events.read(begun.last_event, 0, 0, [&](const Event& event) {
            if (event.actor_id != container.id || event.action != "die") return;
            if (ends_before-- <= 0) died = exit_code_of(event);
        }));
        const bool over = condition == WaitFor::removed     ? gone
                          : condition == WaitFor::next_exit ? died.has_value() || gone
                                                            : gone || !runs(container);
        if (over) return died.value_or(container.exit_code);
        RT_TRY(wait_for_change(watch, cancel_fd, container.name));
    }
}

} // namespace rt
