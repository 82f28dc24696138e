// SPDX-License-Identifier: Apache-2.0
// Published ports, as users write them and as backends get them. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

struct PublishedPort {
    std::string host_ip;         // "": every address of the host
    std::uint16_t host_port = 0; // 0: the backend chooses one
    std::uint16_t container_port = 0;
    std::string protocol = "tcp"; // or "udp"
    bool held = false; // the container has it published already, elsewhere: who else uses it is no matter
};

// Docker's -p: [ip:][hostPort[-hostPort]:]containerPort[-containerPort][/tcp|/udp]. Ranges must be equally
// long; an IPv6 address is in brackets.
Result<std::vector<PublishedPort>> parse_published_port(std::string_view text);

// One for each of these ("80/tcp") that is not among the published, with a host port of the backend's choice.
// unsupported: a protocol that is not published.
Result<std::vector<PublishedPort>> ports_of_exposed(const std::vector<std::string>& exposed,
                                                    const std::vector<PublishedPort>& published);

// As <rtp/network.h> has it.
Json to_json(const PublishedPort& port);
// corrupt: not as to_json() writes it, and drivers have to answer it.
Result<PublishedPort> published_port_from_json(const Json& value);

} // namespace rt
