// SPDX-License-Identifier: Apache-2.0
#include "core/image/intake_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

namespace rt {
namespace {

Result<UniqueFd> open_lock(const Path& root) {
    RT_TRY(make_directories(root));
    return open_file(root / "images.lock", O_RDWR | O_CREAT | O_NOFOLLOW);
}

} // namespace

Result<IntakeLock> IntakeLock::share(const Path& root, const Patience& patience) {
    RT_TRY_ASSIGN(UniqueFd fd, open_lock(root));
    RT_TRY(lock_with(patience, fd.get(), LOCK_SH, root / "images.lock"));
    return IntakeLock(std::move(fd));
}

Result<std::optional<IntakeLock>> IntakeLock::try_alone(const Path& root) {
    RT_TRY_ASSIGN(UniqueFd fd, open_lock(root));
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return std::nullopt;
        if (errno != EINTR) return fail_errno(errno, "lock '", (root / "images.lock").native(), "'");
    }
    return IntakeLock(std::move(fd));
}

} // namespace rt
