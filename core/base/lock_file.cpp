// SPDX-License-Identifier: Apache-2.0
#include "core/base/lock_file.hpp"

#include "core/base/clock.hpp"
#include "core/base/directory_stream.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace rt {
namespace {

// Who asks whether a lock is held has it for a moment himself, which is no reason to give up.
constexpr long kLongestLook = 2'000'000; // ns

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

Result<void> lock_with(const Patience& patience, int fd, int operation, const Path& path) {
    constexpr std::int64_t kUntilTold = 1'000'000'000;
    constexpr long kShortest = 500'000, kLongest = 20'000'000; // ns: nobody notices either
    const std::int64_t begun = monotonic_ns();
    bool told = !patience.after_a_second;
    for (long pause = kShortest;; pause = std::min(2 * pause, kLongest)) {
        RT_TRY_ASSIGN(const bool held, lock(fd, operation | LOCK_NB, path));
        if (held) return {};
        if (patience.check)
            if (auto go_on = patience.check(); !go_on)
                return in_context(std::move(go_on).error(), "wait for the lock '", path.native(), "'");
        if (!told && monotonic_ns() - begun >= kUntilTold) {
            patience.after_a_second();
            told = true;
        }
        const timespec time{0, pause};
        ::nanosleep(&time, nullptr);
    }
}

Result<LockFile> LockFile::acquire(const Path& path, const Patience& patience) {
    for (;;) {
        RT_TRY_ASSIGN(UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
        RT_TRY(lock_with(patience, fd.get(), LOCK_EX, path));
        if (is_still(fd.get(), path)) return LockFile(std::move(fd));
    }
}

Result<LockFile> LockFile::acquire(const Path& path) {
    for (;;) {
        RT_TRY_ASSIGN(UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
        RT_TRY(lock(fd.get(), LOCK_EX, path));
        if (is_still(fd.get(), path)) return LockFile(std::move(fd));
    }
}

Result<std::optional<LockFile>> LockFile::try_acquire(const Path& path) {
    long pause = 100'000; // ns
    for (;;) {
        RT_TRY_ASSIGN(UniqueFd fd, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
        RT_TRY_ASSIGN(const bool held, lock(fd.get(), LOCK_EX | LOCK_NB, path));
        if (!held) {
            if (pause > kLongestLook) return std::nullopt;
            const timespec time{0, pause};
            ::nanosleep(&time, nullptr);
            pause *= 4;
            continue;
        }
        if (is_still(fd.get(), path)) return LockFile(std::move(fd));
    }
}

std::vector<Error> sweep_locks(const Path& directory,
                               const std::function<Result<bool>(const std::string& name)>& is_needed) {
    std::vector<Error> problems;
    const auto names = names_in(directory);
    if (!names) return {in_context(names.error(), "look for lock files").error()};
    for (const std::string& name : *names) {
        const auto swept = [&]() -> Result<void> {
            RT_TRY_ASSIGN(bool needed, is_needed(name));
            if (needed) return {};
            const Path file = directory / name;
            RT_TRY_ASSIGN(const auto lock, LockFile::try_acquire(file));
            if (!lock) return {};
            RT_TRY_ASSIGN(needed, is_needed(name)); // whoever held it may have made it just now
            if (!needed && ::unlink(file.c_str()) != 0 && errno != ENOENT)
                return fail_errno(errno, "remove the lock file '", file.native(), "'");
            return {};
        }();
        if (!swept) problems.push_back(swept.error());
    }
    return problems;
}

} // namespace rt
