// SPDX-License-Identifier: Apache-2.0
// Ports as docker ps shows them. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

struct ShownPort {
    std::string host_ip; // "": exposed only
    std::uint16_t host_port = 0;
    std::uint16_t container_port = 0;
    std::string protocol = "tcp";
    auto operator<=>(const ShownPort&) const = default;
};

// "0.0.0.0:80-82->80-82/tcp, 90/udp, 0.0.0.0:8080->70/tcp": neighbours that are published as themselves, or
// only exposed, become a range.
std::string show_ports(std::vector<ShownPort> ports);

} // namespace rt
