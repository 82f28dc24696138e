// SPDX-License-Identifier: Apache-2.0
// A container that goes with its end (--rm) stays when it ends to be started again at once. Whoever restarts
// it holds a lock of that meanwhile, from before its end until it runs, which goes with him; one restart
// comes to its end before the next begins.
#pragma once

#include "core/base/lock_file.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rt {

class Engine;

inline constexpr std::string_view kRestartLock =
    "restart-"; // and the container's id, in the directory of locks

class RestartMark {
public:
    static Result<RestartMark> set(const Engine& engine, const std::string& container_id);
    // Empty: a restart is under way.
    static Result<std::optional<RestartMark>> try_set(const Engine& engine, const std::string& container_id);
    void leave() { file_.clear(); } // for the next who looks

    RestartMark(RestartMark&&) noexcept = default;
    RestartMark& operator=(RestartMark&&) = delete;
    ~RestartMark();

private:
    RestartMark(Path file, LockFile lock) : file_(std::move(file)), lock_(std::move(lock)) {}
    Path file_;
    LockFile lock_;
};

// Where it cannot be said, it is: nothing is removed then.
bool is_being_restarted(const Engine& engine, const std::string& container_id);

// Of a container that is gone: the mark that a restart has left which was killed.
void forget_restart(const Engine& engine, const std::string& container_id);

} // namespace rt
