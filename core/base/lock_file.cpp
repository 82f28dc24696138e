// SPDX-License-Identifier: Apache-2.0
#include "core/base/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace rt {
namespace {

// False: another holds it (only with LOCK_NB).
Result<bool> lock(int fd, int operation, const Path& path) {
    while (::flock(fd, operation) != 0) {
        if (errno == EWOULDBLOCK) return false;
        if (errno != EINTR) return fail_errno(errno, "lock '", path.native(), "'");
    }
    return true;
}

// The file may be removed (with its directory) by the one who held the lock before us: then lock the new one.
bool is_still(int fd, const Path& path) {
    struct stat open_file{};
    struct stat named{};
    return ::fstat(fd, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
           open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

} // namespace

Result<LockFile> LockFile::acquire(const Path& path) {
    for (;;) {
        RT_TRY_ASSIGN(UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
        RT_TRY(lock(fd.get(), LOCK_EX, path));
        if (is_still(fd.get(), path)) return LockFile(std::move(fd));
    }
}

Result<std::optional<LockFile>> LockFile::try_acquire(const Path& path) {
    for (;;) {
        RT_TRY_ASSIGN(UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
        RT_TRY_ASSIGN(const bool held, lock(fd.get(), LOCK_EX | LOCK_NB, path));
        if (!held) return std::nullopt;
        if (is_still(fd.get(), path)) return LockFile(std::move(fd));
    }
}

} // namespace rt
