// SPDX-License-Identifier: Apache-2.0
#include "core/base/rooted_path.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace rt {
namespace {

Result<UniqueFd> open_resolved(int root, const std::string& path, int flags, std::uint64_t resolve) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = resolve | RESOLVE_NO_MAGICLINKS;
    const char* const name = path.empty() ? "." : path.c_str();
    for (;;) {
        const long fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
        if (fd >= 0) return UniqueFd(static_cast<int>(fd));
        // EAGAIN: a rename raced with the lookup of a ".."
        if (errno != EAGAIN && errno != EINTR) return fail_errno(errno, "open '", path, "'");
    }
}

} // namespace

Result<UniqueFd> open_in_root(int root, const std::string& path, int flags) {
    return open_resolved(root, path, flags, RESOLVE_IN_ROOT);
}

Result<UniqueFd> open_beneath(int directory, const std::string& path, int flags) {
    return open_resolved(directory, path, flags, RESOLVE_BENEATH);
}

SplitPath split_last(const std::string& path) {
    SplitPath split;
    split.wants_directory = path.ends_with('/') || path.ends_with("/.") || path == ".";
    const auto end = path.find_last_not_of('/');
    if (end == std::string::npos) return split;
    const auto slash = path.find_last_of('/', end);
    split.name = path.substr(slash == std::string::npos ? 0 : slash + 1,
                             slash == std::string::npos ? end + 1 : end - slash);
    if (slash != std::string::npos) split.parent = path.substr(0, slash);
    return split;
}

std::string path_of_fd(int fd) {
    return cat("/proc/self/fd/", fd);
}

} // namespace rt
