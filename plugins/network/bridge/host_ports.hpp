// SPDX-License-Identifier: Apache-2.0
// Is a port of the host free? Nobody holds a socket for a published port (there is no daemon), so this is
// asked at the moment of publishing: by binding it. A program that binds the port later gets it, but its
// traffic from other hosts goes to the container: NAT comes before sockets.
#pragma once

#include "documents.hpp"

#include <rt/sdk/unique_fd.hpp>

namespace rt::bridge {

// Binds the port, and chooses one where host_port is 0 (the kernel does, from net.ipv4.ip_local_port_range).
// The port is seen as used by everybody until the descriptor is closed. unavailable: a program has it.
sdk::Result<sdk::UniqueFd> reserve_host_port(PortMapping& port);

} // namespace rt::bridge
