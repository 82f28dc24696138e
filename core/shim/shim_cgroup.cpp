// SPDX-License-Identifier: Apache-2.0
#include "core/shim/shim_cgroup.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace rt {
namespace {

bool is_version_2(const Path& mount) {
    struct statfs status{};
    return ::statfs(mount.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

UniqueFd open_directory(const Path& path) {
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

} // namespace

UniqueFd shim_cgroup(const Path& parent, const Path& mounts, const Path& systemd) {
    if (parent.empty() || ::access(systemd.c_str(), F_OK) != 0) return {};
    const Path root = is_version_2(mounts) ? mounts : mounts / "unified";
    if (!is_version_2(root)) return {};
    const Path path = root / parent.relative_path() / "shims";
    if (UniqueFd there = open_directory(path)) return there;
    if (!make_directories(path, 0755)) return {};
    return open_directory(path);
}

} // namespace rt
