// SPDX-License-Identifier: Apache-2.0
#include "sysctl.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cerrno>

namespace rt::bridge {
namespace {

constexpr const char* kForwarding = "sys/net/ipv4/ip_forward";

sdk::Result<void> write_setting(int proc, const std::string& path, char value) {
    const sdk::UniqueFd fd(::openat(proc, path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '/proc/", path, "' to set it to ", value);
    char current = 0;
    if (::read(fd.get(), &current, 1) == 1 && current == value) return {};
    if (::pwrite(fd.get(), &value, 1, 0) != 1)
        return sdk::fail_errno(errno, "set '/proc/", path, "' to ", value);
    return {};
}

sdk::Result<sdk::UniqueFd> open_proc() {
    sdk::UniqueFd fd(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '/proc'");
    return fd;
}

sdk::Result<void> set_forwarding(char value) {
    RT_TRY_ASSIGN(const sdk::UniqueFd proc, open_proc());
    return write_setting(proc.get(), kForwarding, value);
}

// There are network namespaces at most where there are processes, and of those a container has two or more.
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
    RT_TRY_ASSIGN(const sdk::UniqueFd proc, open_proc());
    const sdk::UniqueFd fd(::openat(proc.get(), kForwarding, O_RDONLY | O_CLOEXEC));
    char current = 0;
    if (!fd || ::read(fd.get(), &current, 1) != 1)
        return sdk::fail_errno(errno, "read '/proc/", kForwarding, "'");
    return current != '0';
}

sdk::Result<void> enable_forwarding() {
    return set_forwarding('1');
}

sdk::Result<void> disable_forwarding() {
    return set_forwarding('0');
}

sdk::Result<SysctlView> SysctlView::open() {
    if (is_crowded())
        if (sdk::UniqueFd made = make_proc()) return SysctlView(std::move(made));
    RT_TRY_ASSIGN(sdk::UniqueFd fd, open_proc());
    return SysctlView(std::move(fd));
}

sdk::Result<void> SysctlView::disable_ipv6(const std::string& link) const {
    auto done = write_setting(proc_.get(), "sys/net/ipv6/conf/" + link + "/disable_ipv6", '1');
    if (!done && done.error().sys_errno == ENOENT) return {};
    return done;
}

} // namespace rt::bridge
