// SPDX-License-Identifier: Apache-2.0
// The few kernel settings that netlink cannot write. They are those of the caller's network namespace.
#pragma once

#include <rt/sdk/error.hpp>

#include <string>

namespace rt::bridge {

// Whether the host forwards IPv4.
sdk::Result<bool> is_forwarding();

// Lets the host forward IPv4, or no more. Written only where it is otherwise.
sdk::Result<void> enable_forwarding();
sdk::Result<void> disable_forwarding();

// No IPv6 on a link, so that router advertisements from a container cannot configure the host. OK where the
// kernel has no IPv6.
sdk::Result<void> disable_ipv6(const std::string& link);

} // namespace rt::bridge
