// SPDX-License-Identifier: Apache-2.0
// Lock files of what is no more. They hold nobody up; that of a container at rest stays with it.
#include "core/base/id.hpp"
#include "core/base/lock_file.hpp"
#include "core/container/restart_mark.hpp"
#include "core/doctor/areas.hpp"

#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

namespace rt::doctor {
namespace {

constexpr std::string_view kNetwork = "network-", kVolume = "volume-";

// Empty: what it is for exists, or is not known here.
Result<std::string> owner_that_is_gone(Engine& engine, Engine::State& state, const std::string& name) {
    if (name.starts_with(kNetwork)) {
        const std::string network = name.substr(kNetwork.size());
        RT_TRY_ASSIGN(const auto found, state.networks.find(network));
        const bool of_driver =
            engine.wiring().network.drivers.contains(network); // made with its first container
        return found || of_driver ? std::string() : cat("network '", network, "'");
    }
    if (name.starts_with(kVolume)) {
        RT_TRY_ASSIGN(const auto volume, state.volumes.find(name.substr(kVolume.size())));
        return volume ? std::string() : cat("volume '", name.substr(kVolume.size()), "'");
    }
    const std::string id = name.starts_with(kRestartLock) ? name.substr(kRestartLock.size()) : name;
    if (id.size() != kContainerIdDigits || !is_hex(id)) return std::string();
    RT_TRY_ASSIGN(const auto container, container_of(state, id));
    const bool has_directory = ::access(engine.run_directory(id).c_str(), F_OK) == 0;
    return container || has_directory ? std::string() : cat("container ", id);
}

Result<void> remove_unneeded(Engine& engine, Engine::State& state, const std::string& name) {
    const Path file = engine.lock_file(name);
    RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(file));
    if (!lock)
        return fail(Code::unavailable, "somebody has just taken the lock '", file.native(),
                    "': look again later");
    RT_TRY_ASSIGN(const std::string owner,
                  owner_that_is_gone(engine, state, name)); // it may have come just now
    if (!owner.empty() && ::unlink(file.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "remove the lock file '", file.native(), "'");
    return {};
}

// Empty: it is needed, or somebody holds it.
Result<std::string> unneeded_of(Engine& engine, Engine::State& state, const std::string& name) {
    const Path file = engine.lock_file(name);
    if (is_locked(file)) return std::string();
    RT_TRY_ASSIGN(std::string owner, owner_that_is_gone(engine, state, name));
    if (is_locked(file) || ::access(file.c_str(), F_OK) != 0) owner.clear();
    return owner;
}

// Who begins has made the file before he holds it, and who ends lets go before it goes: what is a leftover
// still is one a moment later.
Result<void> look_at_files(Examination& examination) {
    constexpr auto kMoment = std::chrono::milliseconds(200);
    Engine& engine = examination.engine();
    Engine::State& state = examination.state();
    RT_TRY_ASSIGN(const auto names, names_in(engine.wiring().run / "locks"));
    std::vector<std::string> suspects;
    for (const std::string& name : names) {
        RT_TRY_ASSIGN(const std::string owner, unneeded_of(engine, state, name));
        if (!owner.empty()) suspects.push_back(name);
    }
    if (!suspects.empty()) std::this_thread::sleep_for(kMoment);
    for (const std::string& name : suspects) {
        RT_TRY_ASSIGN(const std::string owner, unneeded_of(engine, state, name));
        if (owner.empty()) continue;
        examination.report("lock.unneeded", {.subject = cat("file '", engine.lock_file(name).native(), "'"),
                                             .text = "a lock that nobody holds, of what does not exist",
                                             .owner = owner,
                                             .repair = [&engine, &state, name] {
                                                 return remove_unneeded(engine, state, name);
                                             }});
    }
    return {};
}

} // namespace

void look_at_locks(Examination& examination) {
    examination.look("lock.unneeded", [&] { return look_at_files(examination); });
}

} // namespace rt::doctor
