// SPDX-License-Identifier: Apache-2.0
// One look at everything: what the areas (areas.hpp) look with, and where they put what they find. Looks and
// changes nothing; a Finding brings along how it is put right. One thread.
//
// Who makes something records it first and takes it off the record last. So what is found and then has no
// record has no owner, if it was found *before* the record was read: areas look at things first. What is
// being done right now is seen by its lock.
#pragma once

#include "core/base/directory_stream.hpp"
#include "core/container/engine.hpp"
#include "core/doctor/finding.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rt::doctor {

// Told of how far a long check is; text names it, total in bytes.
using Progress = std::function<void(const std::string& text, std::uint64_t done, std::uint64_t total)>;

struct Options {
    bool verify = false; // also what takes long: contents against their digests
    Progress progress{};
};

class Examination {
public:
    Examination(Engine& engine, Engine::State& state, const Options& options)
        : engine_(engine), state_(state), options_(options) {}

    [[nodiscard]] Engine& engine() { return engine_; }
    [[nodiscard]] Engine::State& state() { return state_; }
    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] std::vector<Finding>& findings() { return findings_; }
    [[nodiscard]] const std::vector<std::string>& passed_over() const { return passed_over_; }

    // The severity is that of the check.
    void report(std::string_view check, Finding finding);
    // What could not be looked at.
    void unseen(std::string_view check, const std::string& subject, const Error& why);
    // What was not looked at because somebody is at work on it, which is no fault.
    void pass_over(std::string text) { passed_over_.push_back(std::move(text)); }
    // Reports what goes wrong in body, and what it throws, as unseen: one broken row keeps nobody from the
    // rest.
    void look(std::string_view check, const std::function<Result<void>()>& body);

private:
    Engine& engine_;
    Engine::State& state_;
    const Options& options_;
    std::vector<Finding> findings_;
    std::vector<std::string> passed_over_;
};

// Whether somebody holds the lock of that file; a file that is not there is not made. Holds it for a moment
// itself, which LockFile::try_acquire waits out.
bool is_locked(const Path& lock_file);

// recover_one(), and unavailable where somebody else is at work on that container.
Result<void> recover_unless_busy(Engine& engine, const std::string& id);

// The container's row as it is now; empty: there is none.
Result<std::optional<Container>> container_of(Engine::State& state, const std::string& id);

// Has this engine had a container of that id? By its rows, else by its events.
Result<bool> was_ours(Engine::State& state, const std::string& id);

// Ids of containers that run and have no row: their database was put back to an older state.
Result<std::vector<std::string>> unrecorded_containers(Engine& engine, Engine::State& state);

// failed_precondition while there are any: what is theirs looks like nobody's. Asked again before a repair.
Result<void> none_is_unrecorded(Engine& engine, Engine::State& state);

inline constexpr std::size_t kContainerIdDigits = 64;

} // namespace rt::doctor
