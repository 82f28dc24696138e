// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"

#include "core/base/clock.hpp"
#include "core/base/lock_file.hpp"
#include "core/base/nearest.hpp"
#include "core/container/container_events.hpp"
#include "core/container/container_lock.hpp"
#include "core/container/ended_run.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"
#include "core/container/running_shim.hpp"
#include "core/container/until_done.hpp"
#include "core/shim/client.hpp"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace rt {
namespace {

constexpr std::chrono::seconds kKillLimit{
    30}; // SIGKILL takes effect at once, unless a process hangs in the kernel

constexpr std::int64_t kLongestWait = 1'000'000; // ms at a time: poll(2) takes an int

using Deadline = std::chrono::steady_clock::time_point;

// True: fd became readable before the deadline.
Result<bool> wait_readable(int fd, Deadline deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd poll_fd{fd, POLLIN, 0};
        const int count =
            ::poll(&poll_fd, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestWait)));
        if (count > 0) return true;
        if (count == 0 && left <= kLongestWait) return false;
        if (count < 0 && errno != EINTR) return fail_errno(errno, "wait for a container");
    }
}

// True: what is waited for, or the end of the shim itself, came before the deadline.
Result<bool> wait_for(ShimClient& shim, ShimEvent::Kind kind, Deadline deadline) {
    for (;;) {
        if (!shim.has_buffered()) {
            RT_TRY_ASSIGN(const bool readable, wait_readable(shim.fd(), deadline));
            if (!readable) return false;
        }
        RT_TRY_ASSIGN(const ShimEvent event, shim.next());
        if (event.kind == kind || event.kind == ShimEvent::Kind::closed) return true;
    }
}

// The container has ended; returns when somebody has cleaned up after it: we, or who holds the lease.
Result<void> see_reaped(Engine& engine, const Container& container, ShimClient& shim) {
    if (const auto lease = shim.take_lease(); lease) return reap(engine, container.id, &shim);
    RT_TRY_ASSIGN(const bool gone,
                  wait_for(shim, ShimEvent::Kind::closed, std::chrono::steady_clock::now() + kKillLimit));
    if (!gone)
        return fail(Code::unavailable, "container '", container.name,
                    "' has ended, but the process that holds its lease does not clean up: end that process");
    return {};
}

int stop_signal(Engine::State& state, const Container& container) {
    const auto image = state.images.find(container.image_id);
    const auto spec = spec_from_json(container.spec);
    if (!image || !spec) return SIGTERM;
    const auto plan = plan_process(*spec, image->config_json, {});
    return plan ? parse_signal(plan->stop_signal).value_or(SIGTERM) : SIGTERM;
}

std::chrono::seconds grace_of(const Container& container, std::optional<std::chrono::seconds> asked) {
    constexpr int kDefault = 10; // seconds, as docker's
    constexpr std::chrono::hours kForEver{24 * 365};
    const auto spec = spec_from_json(container.spec);
    const int own = spec ? spec->stop_timeout.value_or(kDefault) : kDefault;
    const std::chrono::seconds grace = asked.value_or(std::chrono::seconds(own));
    return grace.count() < 0 ? kForEver : std::min<std::chrono::seconds>(grace, kForEver);
}

// That a signal goes to it, and whether it ends by a user's will: its restart policy then lets it rest.
Result<void> record_signal(Engine::State& state, const Container& container, int number, bool ends) {
    return state.database.transaction([&]() -> Result<void> {
        if (ends) RT_TRY(state.containers.set_stopped_by_user(container.id));
        return note_event(state, container, "kill", {{"signal", std::to_string(number)}});
    });
}

// Signals, waits; no answer in time: SIGKILL to everything.
Result<void> end_with_shim(Engine& engine, const Container& container, int first_signal,
                           std::chrono::seconds grace) {
    const Operation operation = Engine::new_operation();
    RT_TRY_ASSIGN(ShimClient shim, ShimClient::connect(engine.run_directory(container.id)));
    RT_TRY(shim.watch_exit());
    auto sent = shim.signal(operation, first_signal, SignalScope::first_process);
    if (!sent && sent.error().code != Code::failed_precondition) return sent;
    RT_TRY_ASSIGN(bool ended,
                  wait_for(shim, ShimEvent::Kind::exit, std::chrono::steady_clock::now() + grace));
    if (!ended) {
        RT_TRY_ASSIGN(Engine::State* const state, engine.state());
        RT_TRY(record_signal(*state, container, SIGKILL, false)); // whose will it is was recorded before
        sent = shim.signal(operation, SIGKILL, SignalScope::all_processes);
        if (!sent && sent.error().code != Code::failed_precondition) return sent;
        RT_TRY_ASSIGN(ended,
                      wait_for(shim, ShimEvent::Kind::exit, std::chrono::steady_clock::now() + kKillLimit));
        if (!ended)
            return fail(Code::unavailable, "container '", container.name,
                        "' does not end although it was killed: a process of it hangs in the kernel");
    }
    return see_reaped(engine, container, shim);
}

// As above, and sees to it that the container is cleaned up: it may end by itself meanwhile and take its shim
// with it, or its shim may be killed.
Result<void> end(Engine& engine, const Container& container, int first_signal, std::chrono::seconds grace) {
    const Path directory = engine.run_directory(container.id);
    const Result<void> outcome = end_with_shim(engine, container, first_signal, grace);
    // It may have hung up since it is just leaving: another has cleaned up.
    const bool hung_up = !outcome && outcome.error().code == Code::unavailable;
    if (hung_up ? !shim_dies(directory) : shim_is_alive(directory)) return outcome;
    return std::filesystem::exists(directory) ? reap(engine, container.id, nullptr) : Result<void>();
}

// SIGRTMIN+3 and the like; systemd in a container is stopped with it. 0: not one of these.
int parse_realtime_signal(const std::string& name) {
    int offset = 0;
    const char* const last = name.data() + name.size();
    if (name == "RTMIN") return SIGRTMIN;
    if (name == "RTMAX") return SIGRTMAX;
    if (name.size() < 7 || std::from_chars(name.data() + 6, last, offset).ptr != last || offset < 0) return 0;
    if (offset > SIGRTMAX - SIGRTMIN) return 0;
    if (name.starts_with("RTMIN+")) return SIGRTMIN + offset;
    if (name.starts_with("RTMAX-")) return SIGRTMAX - offset;
    return 0;
}

// A run of it is beginning, or is cleaned up after: its run directory is there, and its shim lives or
// somebody holds its lock. Who holds only the lock reads its files, say.
Result<bool> is_worked_on(Engine& engine, const std::string& id) {
    const Path directory = engine.run_directory(id), file = engine.lock_file(id);
    if (shim_is_alive(directory)) return true;
    if (::access(directory.c_str(), F_OK) != 0 || ::access(file.c_str(), F_OK) != 0) return false;
    RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(file));
    return !lock || shim_is_alive(directory);
}

// end(), and again where that run was over before the signal came, and its restart policy is at the next.
Result<Attempt> end_once(Engine& engine, const Container& container, int first_signal,
                         std::chrono::seconds grace) {
    auto ended = end(engine, container, first_signal, grace);
    if (!ended && ended.error().code == Code::not_found) return Attempt::again;
    RT_TRY(std::move(ended));
    return Attempt::done;
}

// One that waits for its restart policy rests from now on. Again: somebody is just starting it.
Result<Attempt> end_restarting(Engine& engine, Engine::State& state, const Container& container,
                               StopReason reason) {
    if (reason == StopReason::user) RT_TRY(state.containers.set_stopped_by_user(container.id));
    const Path directory = engine.run_directory(container.id);
    auto shim = ShimClient::connect(directory);
    if (!shim && shim_is_alive(directory)) return std::unexpected(std::move(shim).error());
    if (!shim) {
        RT_TRY(refresh(engine, container));
        return Attempt::done;
    }
    if (!shim->take_lease()) return Attempt::again;
    RT_TRY(reap(engine, container.id, &*shim));
    return Attempt::done;
}

// Under the lock: what is found now may differ from what was found before.
Result<Attempt> remove_once(Engine& engine, const Container& found, Force force, AnonymousVolumes volumes) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    Result<Container> container = refresh(engine, found);
    if (!container && container.error().code == Code::not_found) return Attempt::done; // --rm was quicker
    if (!container) return std::unexpected(std::move(container).error());
    if (container->phase == Phase::running) {
        if (force == Force::no) {
            if (!has_ended(engine, *container) && shim_is_alive(engine.run_directory(found.id)))
                return fail(Code::failed_precondition, "container '", container->name,
                            "' is running: stop it first, or remove it with -f");
            RT_TRY(reap_ended(engine, *container));
            return Attempt::again;
        }
        RT_TRY(record_signal(*state, *container, SIGKILL, true));
        RT_TRY_ASSIGN(const Attempt ended, end_once(engine, *container, SIGKILL, kKillLimit));
        if (ended == Attempt::again) return ended;
    }
    if (container->phase == Phase::restarting) {
        if (force == Force::no)
            return fail(
                Code::failed_precondition, "container '", container->name,
                "' is about to be started again by its restart policy: stop it first, or remove it with -f");
        RT_TRY_ASSIGN(const Attempt ended, end_restarting(engine, *state, *container, StopReason::user));
        if (ended == Attempt::again) return ended;
    }
    auto locked = lock_container(engine, found.id);
    if (!locked && locked.error().code == Code::not_found) return Attempt::done;
    if (!locked) return std::unexpected(std::move(locked).error());
    // Started by another meanwhile, or about to be cleaned up by its shim's reaper.
    if (shim_is_alive(engine.run_directory(found.id))) return Attempt::again;
    RT_TRY(abandon(engine, found.id, nullptr, std::move(locked->lock), volumes));
    return Attempt::done;
}

Result<Attempt> stop_once(Engine& engine, const Container& found, std::optional<std::chrono::seconds> grace,
                          StopReason reason, std::optional<int> asked) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const Result<Container> now = refresh(engine, found);
    if (!now && now.error().code == Code::not_found) return Attempt::done; // --rm was quicker
    RT_TRY_ASSIGN(const Container container, now);
    if (container.phase == Phase::restarting) {
        RT_TRY_ASSIGN(const Attempt ended, end_restarting(engine, *state, container, reason));
        if (ended == Attempt::again) return ended;
    } else if (container.phase == Phase::running) {
        const int signal_number = asked ? *asked : stop_signal(*state, container);
        RT_TRY(record_signal(*state, container, signal_number, reason == StopReason::user));
        RT_TRY_ASSIGN(const Attempt ended,
                      end_once(engine, container, signal_number, grace_of(container, grace)));
        if (ended == Attempt::again) return ended;
    } else { // at rest, unless somebody is just starting it, or cleaning up after it
        RT_TRY_ASSIGN(const bool busy, is_worked_on(engine, container.id));
        return busy ? Attempt::again : Attempt::done;
    }
    RT_TRY(state->database.transaction([&] { return note_event(*state, container, "stop"); }));
    return Attempt::done;
}

} // namespace

Result<int> parse_signal(const std::string& text) {
    int number = 0;
    const char* const last = text.data() + text.size();
    if (std::from_chars(text.data(), last, number).ptr == last && number > 0 && number < NSIG) return number;
    std::string name = text;
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (name.starts_with("SIG")) name.erase(0, 3);
    std::vector<std::string> known;
    for (int candidate = 1; candidate < NSIG; ++candidate) {
        const char* const abbreviation = ::sigabbrev_np(candidate);
        if (abbreviation == nullptr) continue;
        if (name == abbreviation) return candidate;
        known.emplace_back(abbreviation);
    }
    if (const int realtime = parse_realtime_signal(name); realtime != 0) return realtime;
    const std::string best = nearest(name, known);
    return fail(Code::invalid_argument, "unknown signal '", text, "'",
                best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
}

Result<void> kill(Engine& engine, const std::string& reference, int signal_number) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    const bool ends = signal_number == SIGKILL || signal_number == stop_signal(*state, container);
    // As docker: nothing is there to be killed, and it is not started again.
    if (ends && container.phase == Phase::restarting)
        return stop(engine, container.id, std::chrono::seconds(0), StopReason::user, SIGKILL);
    RT_TRY_ASSIGN(ShimClient shim, connect_running(engine, container, "kill"));
    RT_TRY(record_signal(*state, container, signal_number, ends));
    const bool is_told = signal_number == SIGKILL && shim.watch_exit();
    auto sent = shim.signal(Engine::new_operation(), signal_number, SignalScope::first_process);
    if (sent && is_told) { // as docker: who kills it finds it ended
        constexpr std::chrono::seconds kUntilItEnds{10};
        RT_TRY(wait_for(shim, ShimEvent::Kind::exit, std::chrono::steady_clock::now() + kUntilItEnds));
    }
    if (sent) return {};
    // It may have ended meanwhile, its shim as well; that may not be on record yet.
    const bool says_so = sent.error().code == Code::failed_precondition;
    const auto now = state->containers.find(container.id);
    const bool gone = !now && now.error().code == Code::not_found;
    if (says_so || gone || (now && has_ended(engine, *now))) return is_not_running(container, "kill");
    return in_context(std::move(sent).error(), "cannot kill container '", container.name, "'");
}

Result<void> stop(Engine& engine, const std::string& reference, std::optional<std::chrono::seconds> grace,
                  StopReason reason, std::optional<int> signal_number) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    return until_done(found.name, [&] { return stop_once(engine, found, grace, reason, signal_number); });
}

Result<std::string> remove(Engine& engine, const std::string& reference, Force force,
                           AnonymousVolumes volumes) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY(until_done(found.name, [&] { return remove_once(engine, found, force, volumes); }));
    return found.id;
}

} // namespace rt
