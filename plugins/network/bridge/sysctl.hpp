// SPDX-License-Identifier: Apache-2.0
// The few kernel settings that netlink cannot write. They are those of the caller's network namespace.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <string>

namespace rt::bridge {

// Whether the host forwards IPv4.
sdk::Result<bool> is_forwarding();

// Lets the host forward IPv4, or no more. Written only where it is otherwise.
sdk::Result<void> enable_forwarding();
sdk::Result<void> disable_forwarding();

// /proc/sys for the settings of links. In the file system that all look at, the kernel keeps the names below
// /proc/sys/net of every network namespace that was looked at in one chain: among 1,000 containers a look
// takes 0.4 to 1.7 ms there. In a crowd this is one of its own, in which it takes 0.03 (measured on
// Linux 6.18). That costs 0.05 ms to make and 0.2 to give up, and is not kept, or it would become the same.
class SysctlView {
public:
    SysctlView();

    // No IPv6 on a link of the caller's network namespace, so that router advertisements from a container
    // configure neither the host nor another container. OK where the kernel has no IPv6.
    [[nodiscard]] sdk::Result<void> disable_ipv6(const std::string& link) const;

private:
    sdk::UniqueFd own_proc_; // O_PATH; none where few are, or none can be made
};

} // namespace rt::bridge
