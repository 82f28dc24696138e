// SPDX-License-Identifier: Apache-2.0
// The few kernel settings that netlink cannot write. They are those of the caller's network namespace.
#pragma once

#include <rt/sdk/error.hpp>

#include <string>

namespace rt::bridge {

// Lets the host forward IPv4. Written only where it is off.
sdk::Result<void> enable_forwarding();

// No IPv6 on a link, so that router advertisements from a container cannot configure the host. OK where the
// kernel has no IPv6.
sdk::Result<void> disable_ipv6(const std::string& link);

} // namespace rt::bridge
