// SPDX-License-Identifier: Apache-2.0
// The end of an endpoint that is inside the container: address, default route, lo. Stateless.
#pragma once

#include "ipv4.hpp"
#include "sysctl.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rt::bridge {

// Brings up lo and the container's link, with its address and, where there is one, the default route through
// the gateway; an existing default route (that of the network which the container was attached to first)
// stays. The link has no IPv6.
sdk::Result<void> configure_inside(int netns_fd, const SysctlView& sysctls, const std::string& link,
                                   const Ipv4Prefix& address, std::optional<Ipv4> gateway);

// More addresses of the link. By netlink: the namespace lives some milliseconds longer for it.
sdk::Result<void> add_addresses(int netns_fd, const std::string& link, const std::vector<Ipv4Prefix>& more);

// The default route leads through this gateway, in place of any other; or, not wanted, not through this one.
// Repeatable.
sdk::Result<void> replace_default_route(int netns_fd, Ipv4 gateway);
sdk::Result<void> remove_default_route(int netns_fd, Ipv4 gateway);

} // namespace rt::bridge
