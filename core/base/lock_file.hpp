// SPDX-License-Identifier: Apache-2.0
// A lock between processes, held on a file as long as the object lives; the kernel lets go of it when the
// process dies. Also excludes other threads of the same process (each LockFile has an open file description
// of its own).
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rt {

// How a wait for a lock ends before the lock is free, and who is told of it.
struct Patience {
    std::function<Result<void>()> check;  // asked every few milliseconds; its failure ends the wait
    std::function<void()> after_a_second; // called once; may be empty
};

// flock(2) with LOCK_SH or LOCK_EX on an open file of that path. A wait of flock itself would end with a
// signal at most, and signals are held back where programs run in the foreground.
Result<void> lock_with(const Patience& patience, int fd, int operation, const Path& path);

class LockFile {
public:
    // Waits until the lock is free. The file is made where it is missing, and stays.
    static Result<LockFile> acquire(const Path& path);
    static Result<LockFile> acquire(const Path& path, const Patience& patience);
    // Empty when another holds it.
    static Result<std::optional<LockFile>> try_acquire(const Path& path);

    // For a child process, which holds the lock as well for as long as it has it open. Ours.
    [[nodiscard]] int descriptor() const { return fd_.get(); }

private:
    explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

// Removes the lock files of a directory that nobody needs and nobody holds: of who was killed between the
// lock and what it is for, and of who waited for one whose object went meanwhile. is_needed is asked again
// under each lock. Answers what went wrong, file by file.
std::vector<Error> sweep_locks(const Path& directory,
                               const std::function<Result<bool>(const std::string& name)>& is_needed);

} // namespace rt
