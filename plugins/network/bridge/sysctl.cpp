// SPDX-License-Identifier: Apache-2.0
#include "sysctl.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cerrno>

namespace rt::bridge {
namespace {

constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

sdk::Result<void> write_setting(int directory, const std::string& path, char value) {
    const sdk::UniqueFd fd(::openat(directory, path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '", path, "' to set it to ", value);
    char current = 0;
    if (::read(fd.get(), &current, 1) == 1 && current == value) return {};
    if (::pwrite(fd.get(), &value, 1, 0) != 1) return sdk::fail_errno(errno, "set '", path, "' to ", value);
    return {};
}

// By the threads of the host, since nobody counts its network namespaces: a container has two or more of
// them, and among some 250 containers both ways take the same time.
bool is_crowded() {
    constexpr unsigned kCrowd = 500;
    struct sysinfo now{};
    return ::sysinfo(&now) == 0 && now.procs > kCrowd;
}

// None where mounts are refused, say.
sdk::UniqueFd make_proc() {
    const sdk::UniqueFd context(::fsopen("proc", FSOPEN_CLOEXEC));
    if (!context || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return {};
    return sdk::UniqueFd(
        ::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
}

} // namespace

sdk::Result<bool> is_forwarding() {
    const sdk::UniqueFd fd(::open(kForwarding, O_RDONLY | O_CLOEXEC));
    char current = 0;
    if (!fd || ::read(fd.get(), &current, 1) != 1) return sdk::fail_errno(errno, "read '", kForwarding, "'");
    return current != '0';
}

sdk::Result<void> enable_forwarding() {
    return write_setting(AT_FDCWD, kForwarding, '1');
}

sdk::Result<void> disable_forwarding() {
    return write_setting(AT_FDCWD, kForwarding, '0');
}

SysctlView::SysctlView() : own_proc_(is_crowded() ? make_proc() : sdk::UniqueFd()) {}

sdk::Result<void> SysctlView::disable_ipv6(const std::string& link) const {
    const std::string path = "sys/net/ipv6/conf/" + link + "/disable_ipv6";
    if (own_proc_ && write_setting(own_proc_.get(), path, '1')) return {};
    auto done = write_setting(AT_FDCWD, "/proc/" + path, '1'); // also where its own is refused: it is nowhere
    if (!done && done.error().sys_errno == ENOENT) return {};
    return done;
}

} // namespace rt::bridge
