// SPDX-License-Identifier: Apache-2.0
#include "devices.hpp"

#include "mount_api.hpp"
#include "safe_path.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <array>

namespace rt::namespaces {
namespace {

mode_t type_bits(char type) {
    return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

bool is_wanted(const struct stat& info, const DeviceSpec& device) {
    return (info.st_mode & S_IFMT) == type_bits(device.type) &&
           (device.type == 'p' || info.st_rdev == ::makedev(device.major, device.minor));
}

Result<void> bind_device(int root, const DeviceSpec& device) {
    const UniqueFd host(::open(device.path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
    if (!host) return fail_errno(errno, "open the host's device '", device.path, "'");
    struct stat info{};
    if (::fstat(host.get(), &info) < 0 || !is_wanted(info, device))
        return fail(Code::failed_precondition, "the host's '", device.path, "' is not the device ",
                    device.major, ":", device.minor, ", and a user namespace cannot make device nodes");
    MountOptions options;
    RT_TRY_ASSIGN(const UniqueFd source, clone_mount(host.get(), "", options));
    RT_TRY_ASSIGN(const UniqueFd target, make_file_in_root(root, device.path));
    return attach_mount(source.get(), target.get(), device.path);
}

// A node that the image brings along is kept only when it is that very device.
Result<void> make_node(int directory, const std::string& name, const DeviceSpec& device) {
    const mode_t mode = type_bits(device.type) | device.mode;
    const dev_t number = ::makedev(device.major, device.minor);
    if (::mknodat(directory, name.c_str(), mode, number) < 0) {
        if (errno != EEXIST) return fail_errno(errno, "make the device '", device.path, "'");
        struct stat info{};
        if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && is_wanted(info, device))
            return {};
        if (::unlinkat(directory, name.c_str(), 0) < 0 ||
            ::mknodat(directory, name.c_str(), mode, number) < 0)
            return fail_errno(errno, "replace what the image has as the device '", device.path, "'");
    }
    if ((device.uid != 0 || device.gid != 0) &&
        ::fchownat(directory, name.c_str(), device.uid, device.gid, AT_SYMLINK_NOFOLLOW) < 0)
        return fail_errno(errno, "give the device '", device.path, "' to its owner");
    return {};
}

Result<void> make_link(int directory, const char* name, const char* target) {
    if (::symlinkat(target, directory, name) == 0) return {};
    if (errno != EEXIST) return fail_errno(errno, "make the link '/dev/", name, "'");
    std::array<char, 64> present{};
    const ssize_t size = ::readlinkat(directory, name, present.data(), present.size());
    if (size > 0 && std::string_view(present.data(), static_cast<std::size_t>(size)) == target) return {};
    if (::unlinkat(directory, name, 0) < 0 || ::symlinkat(target, directory, name) < 0)
        return fail_errno(errno, "replace what the image has as the link '/dev/", name, "'");
    return {};
}

const std::vector<DeviceSpec>& default_devices() {
    static const std::vector<DeviceSpec> devices{
        {'c', "/dev/null", 1, 3, 0666, 0, 0},    {'c', "/dev/zero", 1, 5, 0666, 0, 0},
        {'c', "/dev/full", 1, 7, 0666, 0, 0},    {'c', "/dev/random", 1, 8, 0666, 0, 0},
        {'c', "/dev/urandom", 1, 9, 0666, 0, 0}, {'c', "/dev/tty", 5, 0, 0666, 0, 0}};
    return devices;
}

} // namespace

Result<void> make_default_devices(int root, DeviceSource source) {
    if (source == DeviceSource::bind_from_host) return make_devices(root, default_devices(), source);
    RT_TRY_ASSIGN(const UniqueFd directory, make_directory_in_root(root, "/dev"));
    for (const auto& device : default_devices())
        RT_TRY(make_node(directory.get(), device.path.substr(5), device));
    return {};
}

Result<void> make_devices(int root, const std::vector<DeviceSpec>& devices, DeviceSource source) {
    for (const auto& device : devices) {
        if (source == DeviceSource::bind_from_host) {
            RT_TRY(bind_device(root, device));
            continue;
        }
        RT_TRY_ASSIGN(const Entry entry, parent_in_root(root, device.path));
        RT_TRY(make_node(entry.parent.get(), entry.name, device));
    }
    return {};
}

Result<void> make_device_links(int root) {
    RT_TRY_ASSIGN(const UniqueFd directory, make_directory_in_root(root, "/dev"));
    static constexpr std::array<std::pair<const char*, const char*>, 5> kLinks{{{"fd", "/proc/self/fd"},
                                                                                {"stdin", "/proc/self/fd/0"},
                                                                                {"stdout", "/proc/self/fd/1"},
                                                                                {"stderr", "/proc/self/fd/2"},
                                                                                {"core", "/proc/kcore"}}};
    for (const auto& [name, target] : kLinks) RT_TRY(make_link(directory.get(), name, target));
    // Only where the container has terminals of its own: the host's ptmx would lead to the host's terminals.
    if (::faccessat(directory.get(), "pts/ptmx", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        RT_TRY(make_link(directory.get(), "ptmx", "pts/ptmx"));
    return {};
}

} // namespace rt::namespaces
