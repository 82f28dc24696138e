// SPDX-License-Identifier: Apache-2.0
// Connection tracking entries of containers that are gone.
#pragma once

#include "ipv4.hpp"
#include "netlink_socket.hpp"

namespace rt::bridge {

// Forgets every UDP flow that is answered by this address. UDP has no end of its own: a sender that goes on
// keeps its entry alive, and would talk to the dead address for ever instead of to whoever has the port now.
sdk::Result<void> forget_udp_flows(NetlinkSocket& netfilter, Ipv4 container);

} // namespace rt::bridge
