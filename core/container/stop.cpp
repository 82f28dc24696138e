// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"

#include "core/base/clock.hpp"
#include "core/base/lock_file.hpp"
#include "core/base/nearest.hpp"
#include "core/container/process_plan.hpp"
#include "core/container/reap.hpp"
#include "core/container/recovery.hpp"
#include "core/shim/client.hpp"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include <algorithm>
#include <charconv>

namespace rt {
namespace {

constexpr std::chrono::seconds kKillLimit{
    30}; // SIGKILL takes effect at once, unless a process hangs in the kernel

using Deadline = std::chrono::steady_clock::time_point;

// True: fd became readable before the deadline.
Result<bool> wait_readable(int fd, Deadline deadline) {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd poll_fd{fd, POLLIN, 0};
        const int count = ::poll(&poll_fd, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
        if (count > 0) return true;
        if (count == 0) return false;
        if (errno != EINTR) return fail_errno(errno, "wait for a container");
    }
}

// True: the exit (or the shim's own end) came before the deadline.
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

// As above. A container that ends by itself meanwhile takes its shim with it: then it is over, which is what
// was wanted.
Result<void> end(Engine& engine, const Container& container, int first_signal, std::chrono::seconds grace) {
    Result<void> outcome = end_with_shim(engine, container, first_signal, grace);
    if (!outcome && !shim_is_alive(engine.run_directory(container.id)))
        outcome = reap(engine, container.id, nullptr);
    return outcome;
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
    const std::string best = nearest(name, known);
    return fail(Code::invalid_argument, "unknown signal '", text, "'",
                best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
}

Result<void> kill(Engine& engine, const std::string& reference, int signal_number) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    auto shim = container.phase == Phase::running ? ShimClient::connect(engine.run_directory(container.id))
                                                  : fail(Code::not_found, "");
    if (!shim)
        return fail(Code::failed_precondition, "cannot kill container '", container.name,
                    "': it is not running");
    if (auto sent = shim->signal(Engine::new_operation(), signal_number, SignalScope::first_process); !sent)
        return in_context(std::move(sent).error(), "cannot kill container '", container.name, "'");
    return {};
}

Result<void> stop(Engine& engine, const std::string& reference, std::chrono::seconds grace) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    if (container.phase != Phase::running) return {};
    return end(engine, container, stop_signal(*state, container), grace);
}

Result<std::string> remove(Engine& engine, const std::string& reference, Force force) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    Result<Container> container = refresh(engine, found);
    if (container && container->phase == Phase::running) {
        if (force == Force::no)
            return fail(Code::failed_precondition, "container '", container->name,
                        "' is running: stop it first, or remove it with -f");
        RT_TRY(end(engine, *container, SIGKILL, kKillLimit));
    }
    RT_TRY_ASSIGN(const LockFile lock, LockFile::acquire(engine.lock_file(found.id)));
    container = state->containers.find(found.id);
    if (!container && container.error().code == Code::not_found) return found.id; // --rm was quicker
    if (!container) return std::unexpected(std::move(container).error());
    RT_TRY(remove_record(engine, *container));
    RT_TRY(remove_tree(engine.run_directory(found.id)));
    ::unlink(engine.lock_file(found.id).c_str());
    return found.id;
}

} // namespace rt
