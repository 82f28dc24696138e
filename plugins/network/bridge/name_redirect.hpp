// SPDX-License-Identifier: Apache-2.0
// Questions for names, on their way inside a container's network namespace: 127.0.0.11:53 leads to the ports
// on which somebody answers there, so that port 53 stays the container's own. One small table of nf_tables in
// that namespace, `inet rt-names`. Stateless.
#pragma once

#include <rt/sdk/error.hpp>

#include <cstdint>

namespace rt::bridge {

struct NamePorts {
    std::uint16_t udp, tcp;
};

// Repeatable: other ports take the place of earlier ones, in one transaction.
sdk::Result<void> redirect_names(int netns_fd, NamePorts ports);

} // namespace rt::bridge
