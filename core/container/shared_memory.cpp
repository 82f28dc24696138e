// SPDX-License-Identifier: Apache-2.0
#include "core/container/shared_memory.hpp"

#include <sys/mount.h>

namespace rt {
namespace {

constexpr std::int64_t kDefaultSize = 64LL << 20U; // bytes

} // namespace

Path shared_memory_in(const Path& run_directory) {
    return run_directory / "shm";
}

Result<void> mount_shared_memory(const Path& run_directory, std::int64_t size) {
    RT_TRY(unmount_shared_memory(run_directory));
    const Path place = shared_memory_in(run_directory);
    RT_TRY(make_directories(place));
    if (::mount("shm", place.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                cat("mode=1777,size=", size > 0 ? size : kDefaultSize).c_str()) != 0)
        return fail_errno(errno, "mount the shared memory '", place.native(), "'");
    return {};
}

Result<void> unmount_shared_memory(const Path& run_directory) {
    const Path place = shared_memory_in(run_directory);
    if (::umount2(place.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return {};
    if (errno == ENOENT || errno == EINVAL) return {}; // there is none, or nothing is mounted on it
    return fail_errno(errno, "unmount the shared memory '", place.native(), "'");
}

} // namespace rt
