// SPDX-License-Identifier: Apache-2.0
// The end of an endpoint that is inside the container: address, default route, lo. Stateless.
#pragma once

#include "ipv4.hpp"

#include <string>

namespace rt::bridge {

// Brings up lo and the container's link, with its address and the default route through the gateway; an
// existing default route (that of the network which the container was attached to first) stays. The link has
// no IPv6.
sdk::Result<void> configure_inside(int netns_fd, const std::string& link, const Ipv4Prefix& address,
                                   Ipv4 gateway);

} // namespace rt::bridge
