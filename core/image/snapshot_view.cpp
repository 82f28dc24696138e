// SPDX-License-Identifier: Apache-2.0
#include "core/image/snapshot_view.hpp"

#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace rt {
namespace {

// What the kernel wrote about a failed mount into the context's log.
std::string log_of(int context) {
    std::array<char, 512> text{};
    const ssize_t size = ::read(context, text.data(), text.size() - 1);
    return size > 2 ? cat(" (", std::string_view(text.data() + 2, static_cast<std::size_t>(size - 2)), ")")
                    : std::string();
}

Result<void> configure(int context, const std::string& option) {
    if (option == "rw" || option == "ro") return {}; // of the mount, not of the file system
    const auto equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const int result =
        equals == std::string::npos
            ? ::fsconfig(context, FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
            : ::fsconfig(context, FSCONFIG_SET_STRING, key.c_str(), option.c_str() + equals + 1, 0);
    if (result != 0) {
        const int problem = errno;
        return fail_errno(problem, "mount option '", option, "'", log_of(context));
    }
    return {};
}

Result<UniqueFd> mount_detached(const Mount& mount, const std::string& id) {
    const UniqueFd context(::fsopen(mount.type.c_str(), FSOPEN_CLOEXEC));
    if (!context) return fail_errno(errno, "mount the snapshot '", id, "' as '", mount.type, "'");
    if (::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", mount.source.c_str(), 0) != 0)
        return fail_errno(errno, "mount the snapshot '", id, "': source '", mount.source, "'");
    for (const std::string& option : mount.options)
        if (auto done = configure(context.get(), option); !done)
            return in_context(std::move(done).error(), "mount the snapshot '", id, "'");
    if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
        const int problem = errno;
        return fail_errno(problem, "mount the snapshot '", id, "'", log_of(context.get()));
    }
    const bool read_only = std::ranges::find(mount.options, "ro") != mount.options.end();
    UniqueFd root(::fsmount(context.get(), FSMOUNT_CLOEXEC, read_only ? MOUNT_ATTR_RDONLY : 0));
    if (!root) return fail_errno(errno, "mount the snapshot '", id, "'");
    return root;
}

} // namespace

Result<UniqueFd> open_snapshot(const std::vector<Mount>& mounts, const std::string& id) {
    if (mounts.size() != 1 || !mounts[0].target.empty())
        return fail(Code::unsupported, "the snapshot '", id, "' is made of ", mounts.size(),
                    " mounts: layers can be unpacked into one only, use another storage driver");
    const Mount& mount = mounts[0];
    const bool bind = std::ranges::any_of(
        mount.options, [](const std::string& option) { return option == "bind" || option == "rbind"; });
    if (!bind) return mount_detached(mount, id);
    // What would be shown somewhere else is at its own place already.
    return open_file(mount.source, O_RDONLY | O_DIRECTORY);
}

} // namespace rt
