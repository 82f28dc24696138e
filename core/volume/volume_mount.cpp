// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_mount.hpp"

#include "core/volume/volume_options.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>

namespace rt {
namespace {

constexpr int kMostMounts = 64; // on top of each other: somebody else's, and no end of them in sight

std::string option(const Volume& volume, const char* key) {
    const auto found = volume.options.find(key);
    return found == volume.options.end() ? std::string() : found->second;
}

bool is_remote(const std::string& type) {
    return type == "nfs" || type == "nfs4" || type == "cifs";
}

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// The kernel resolves no names: "addr=nas" becomes its address, as mount.nfs would do it.
Result<std::string> resolve_address(const std::string& data) {
    const auto at = data.starts_with("addr=") ? 0 : data.find(",addr=");
    if (at == std::string::npos) return data;
    const auto begin = data.find('=', at) + 1;
    const auto end = std::min(data.find(',', begin), data.size());
    const std::string name = data.substr(begin, end - begin);
    addrinfo* raw = nullptr;
    if (const int problem = ::getaddrinfo(name.c_str(), nullptr, nullptr, &raw); problem != 0)
        return fail(Code::not_found, "error resolving passed in network volume address '", name,
                    "': ", ::gai_strerror(problem));
    const std::unique_ptr<addrinfo, FreeAddresses> list(raw);
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(list->ai_addr, list->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
        return fail(Code::not_found, "error resolving passed in network volume address '", name, "'");
    return cat(data.substr(0, begin), text.data(), data.substr(end));
}

Result<void> mount_now(const Volume& volume, const Path& directory) {
    const std::string type = option(volume, "type");
    const std::string device = option(volume, "device");
    LocalMountOptions options = parse_local_mount_options(option(volume, "o"));
    if (is_remote(type)) {
        RT_TRY_ASSIGN(options.data, resolve_address(options.data));
    }
    const char* const data = options.data.empty() ? nullptr : options.data.c_str();
    if (::mount(device.c_str(), directory.c_str(), type.c_str(), options.flags, data) != 0) {
        const int problem = errno;
        return fail_errno(problem, "mount '", device, "' of type '", type, "' with the options '",
                          option(volume, "o"), "'",
                          problem == ENODEV ? " (this kernel knows no such file system)" : "");
    }
    Rollback rollback;
    rollback.add([&] { ::umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW); });
    // A bind mount takes what else was asked for only now.
    constexpr unsigned long kOfTheMount = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME |
                                          MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
    const bool again = (options.flags & MS_BIND) != 0 && (options.flags & kOfTheMount) != 0;
    if (again && ::mount(nullptr, directory.c_str(), nullptr,
                         MS_REMOUNT | MS_BIND | (options.flags & kOfTheMount), nullptr) != 0)
        return fail_errno(errno, "set the options '", option(volume, "o"), "' of the mount");
    if (options.propagation != 0 &&
        ::mount(nullptr, directory.c_str(), nullptr, options.propagation, nullptr) != 0)
        return fail_errno(errno, "set the propagation of the mount");
    rollback.commit();
    return {};
}

} // namespace

bool forgets(const Volume& volume) {
    const std::string type = option(volume, "type");
    return type == "tmpfs" || type == "ramfs";
}

Result<bool> is_mount_point(const Path& directory) {
    struct statx status{};
    if (::statx(AT_FDCWD, directory.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) != 0) {
        if (errno == ENOENT) return false;
        return fail_errno(errno, "stat '", directory.native(), "'");
    }
    if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0)
        return fail(Code::unsupported, "this kernel does not say whether '", directory.native(),
                    "' is mounted: Linux 5.8 or newer does");
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<bool> mount_volume(const Volume& volume, const Path& directory) {
    RT_TRY_ASSIGN(const bool mounted, is_mount_point(directory));
    if (mounted) return false;
    if (auto done = mount_now(volume, directory); !done)
        return in_context(std::move(done).error(), "failed to mount local volume '", volume.name, "'");
    return true;
}

Result<void> unmount_volume(const Path& directory) {
    for (int count = 0; count < kMostMounts; ++count) {
        RT_TRY_ASSIGN(const bool mounted, is_mount_point(directory));
        if (!mounted) return {};
        if (::umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
            return fail_errno(errno, "unmount '", directory.native(), "'");
    }
    return fail(Code::failed_precondition, "unmount '", directory.native(),
                "': there is always something else mounted on it");
}

} // namespace rt
