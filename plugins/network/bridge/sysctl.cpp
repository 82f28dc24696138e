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

// Whether it had to be written.
sdk::Result<bool> set(int fd, std::string_view name, char value) {
    char current = 0;
    if (::pread(fd, &current, 1, 0) == 1 && current == value) return false;
    if (::pwrite(fd, &value, 1, 0) != 1) return sdk::fail_errno(errno, "set '", name, "' to ", value);
    return true;
}

sdk::Result<void> set_forwarding(char value) {
    const sdk::UniqueFd fd(::open(kForwarding, O_RDWR | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '", kForwarding, "' to set it to ", value);
    RT_TRY(set(fd.get(), kForwarding, value));
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
    return set_forwarding('1');
}

sdk::Result<void> disable_forwarding() {
    return set_forwarding('0');
}

SysctlView::SysctlView() : own_proc_(is_crowded() ? make_proc() : sdk::UniqueFd()) {}

sdk::Result<sdk::UniqueFd> SysctlView::open_disable_ipv6(const std::string& link) const {
    const std::string path = "sys/net/ipv6/conf/" + link + "/disable_ipv6";
    if (own_proc_)
        if (sdk::UniqueFd fd(::openat(own_proc_.get(), path.c_str(), O_RDWR | O_CLOEXEC)); fd) return fd;
    sdk::UniqueFd fd(::open(("/proc/" + path).c_str(), O_RDWR | O_CLOEXEC));
    if (!fd && errno != ENOENT) return sdk::fail_errno(errno, "open '/proc/", path, "' to set it to 1");
    return fd;
}

sdk::Result<void> SysctlView::disable_ipv6(const std::string& link) const {
    RT_TRY_ASSIGN(const sdk::UniqueFd fd, open_disable_ipv6(link));
    if (fd) RT_TRY(set(fd.get(), "disable_ipv6 of " + link, '1'));
    return {};
}

sdk::Result<NoIpv6ForNewLinks> SysctlView::disable_ipv6_for_new_links() const {
    RT_TRY_ASSIGN(sdk::UniqueFd fd, open_disable_ipv6("default"));
    if (!fd) return NoIpv6ForNewLinks();
    RT_TRY_ASSIGN(const bool was_enabled, set(fd.get(), "disable_ipv6 of links to be made", '1'));
    return was_enabled ? NoIpv6ForNewLinks(std::move(fd)) : NoIpv6ForNewLinks();
}

NoIpv6ForNewLinks::~NoIpv6ForNewLinks() {
    if (setting_) (void)!::pwrite(setting_.get(), "0", 1, 0); // of a container: nothing hangs on it
}

} // namespace rt::bridge
