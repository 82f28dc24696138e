// SPDX-License-Identifier: Apache-2.0
// A container that goes with its end (--rm) stays when it ends to be started again at once: whoever restarts it
// holds a lock in its run directory meanwhile, which goes with him.
#pragma once

#include "core/base/lock_file.hpp"

#include <optional>
#include <utility>

namespace rt {

class RestartMark {
public:
    // Nothing is marked of one that does not run.
    static Result<RestartMark> set(const Path& run_directory);
    RestartMark(RestartMark&& other) noexcept
        : file_(std::move(other.file_)), lock_(std::exchange(other.lock_, std::nullopt)) {}
    ~RestartMark();

private:
    RestartMark(Path file, std::optional<LockFile> lock) : file_(std::move(file)), lock_(std::move(lock)) {}
    Path file_;
    std::optional<LockFile> lock_;
};

bool is_being_restarted(const Path& run_directory);

} // namespace rt
