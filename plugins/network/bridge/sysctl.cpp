// SPDX-License-Identifier: Apache-2.0
#include "sysctl.hpp"

#include <rt/sdk/unique_fd.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace rt::bridge {
namespace {

constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";

sdk::Result<void> write_setting(const std::string& path, char value) {
    const sdk::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) return sdk::fail_errno(errno, "open '", path, "' to set it to ", value);
    char current = 0;
    if (::read(fd.get(), &current, 1) == 1 && current == value) return {};
    if (::pwrite(fd.get(), &value, 1, 0) != 1) return sdk::fail_errno(errno, "set '", path, "' to ", value);
    return {};
}

} // namespace

sdk::Result<bool> is_forwarding() {
    const sdk::UniqueFd fd(::open(kForwarding, O_RDONLY | O_CLOEXEC));
    char current = 0;
    if (!fd || ::read(fd.get(), &current, 1) != 1) return sdk::fail_errno(errno, "read '", kForwarding, "'");
    return current != '0';
}

sdk::Result<void> enable_forwarding() {
    return write_setting(kForwarding, '1');
}

sdk::Result<void> disable_forwarding() {
    return write_setting(kForwarding, '0');
}

sdk::Result<void> disable_ipv6(const std::string& link) {
    auto done = write_setting("/proc/sys/net/ipv6/conf/" + link + "/disable_ipv6", '1');
    if (!done && done.error().sys_errno == ENOENT) return {};
    return done;
}

} // namespace rt::bridge
