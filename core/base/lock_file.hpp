// SPDX-License-Identifier: Apache-2.0
// A lock between processes, held on a file as long as the object lives; the kernel lets go of it when the
// process dies. Also excludes other threads of the same process (each LockFile has an open file description
// of its own).
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <optional>

namespace rt {

class LockFile {
public:
    // Waits until the lock is free. The file is made where it is missing, and stays.
    static Result<LockFile> acquire(const Path& path);
    // Empty when another holds it.
    static Result<std::optional<LockFile>> try_acquire(const Path& path);

private:
    explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

} // namespace rt
