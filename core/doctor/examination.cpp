// SPDX-License-Identifier: Apache-2.0
#include "core/doctor/examination.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/container/recovery.hpp"
#include "core/shim/client.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace rt::doctor {

void Examination::report(std::string_view check, Finding finding) {
    const Check& known = check_named(check);
    finding.check = known.name;
    finding.severity = known.severity;
    finding.is_data = known.is_data;
    if (finding.is_data)
        finding.advice =
            cat("an rt.db that is newer may know it; 'rtctl doctor --repair --discard' removes it",
                finding.advice.empty() ? "" : ". ", finding.advice);
    else if (finding.repair && finding.advice.empty())
        finding.advice = "rtctl doctor --repair";
    findings_.push_back(std::move(finding));
}

void Examination::unseen(std::string_view check, const std::string& subject, const Error& why) {
    findings_.push_back({.subject = subject,
                         .text = cat("could not be looked at: ", why.message),
                         .advice = "see to what the message says, and look again",
                         .check = std::string(check),
                         .severity = Severity::unseen});
}

void Examination::look(std::string_view check, const std::function<Result<void>()>& body) {
    const auto looked = [&]() -> Result<void> {
        try {
            return body();
        } catch (const std::exception& exception) {
            return fail(Code::internal, exception.what());
        }
    }();
    if (!looked) unseen(check, std::string(check), looked.error());
}

bool is_locked(const Path& lock_file) {
    const UniqueFd fd(::open(lock_file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return false;
    return ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Result<std::optional<Container>> container_of(Engine::State& state, const std::string& id) {
    auto found = state.containers.find(id);
    if (!found && found.error().code == Code::not_found) return std::nullopt;
    RT_TRY(found);
    if (found->id != id) return std::nullopt; // another has the id as its name
    return std::move(*found);
}

Result<bool> was_ours(Engine::State& state, const std::string& id) {
    bool known = false;
    RT_TRY(state.database.run("SELECT 1 FROM containers WHERE id = ?1 UNION ALL SELECT 1 FROM events "
                              "WHERE type = 'container' AND actor_id = ?1 LIMIT 1",
                              {id}, [&](const SqlRow&) { known = true; }));
    return known;
}

Result<void> recover_unless_busy(Engine& engine, const std::string& id) {
    RT_TRY(recover_one(engine, id));
    if (is_locked(engine.lock_file(id)))
        return fail(Code::unavailable, "container ", short_id(id),
                    " is just being worked on: look again later");
    return {};
}

namespace {

Result<std::vector<std::string>> unrecorded_now(Engine& engine, Engine::State& state) {
    std::vector<std::string> found;
    RT_TRY_ASSIGN(const auto ids, names_in(engine.wiring().run / "containers"));
    for (const std::string& id : ids) {
        const Path directory = engine.run_directory(id);
        // Who starts or removes one holds its lock.
        const auto is_at_work = [&] { return shim_is_alive(directory) && !is_locked(engine.lock_file(id)); };
        if (!is_at_work()) continue;
        RT_TRY_ASSIGN(const auto container, container_of(state, id));
        if (!container && is_at_work()) found.push_back(id);
    }
    return found;
}

} // namespace

// The shim of a start that was killed before it was recorded is on its way out: that is nobody's fault.
Result<std::vector<std::string>> unrecorded_containers(Engine& engine, Engine::State& state) {
    constexpr std::int64_t kPatience = 2'000'000'000; // ns
    constexpr auto kPause = std::chrono::milliseconds(50);
    for (const std::int64_t deadline = monotonic_ns() + kPatience;; std::this_thread::sleep_for(kPause)) {
        RT_TRY_ASSIGN(auto found, unrecorded_now(engine, state));
        if (found.empty() || monotonic_ns() > deadline) return found;
    }
}

// Asked before each repair: who looked has waited, and a refusal takes nothing from anybody.
Result<void> none_is_unrecorded(Engine& engine, Engine::State& state) {
    RT_TRY_ASSIGN(const auto ids, unrecorded_now(engine, state));
    if (ids.empty()) return {};
    return fail(
        Code::failed_precondition, "container ", short_id(ids.front()),
        " runs and the database does not know it, so that what is its looks like nobody's: put back the "
        "rt.db that knows it");
}

} // namespace rt::doctor
