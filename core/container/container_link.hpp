// SPDX-License-Identifier: Apache-2.0
// "CONTAINER[:NAME]": in networks with names, one that only the container with the link knows another by.
// Pure; any thread.
#pragma once

#include "core/container/spec.hpp"

#include <string>

namespace rt {

struct ContainerLink {
    std::string target; // how the other one is called in the network
    std::string name;   // "": none given, the target's own is meant
};

// invalid_argument, in docker's words.
Result<ContainerLink> parse_link(const std::string& text);

// Those of spec as a whole become those of the network that it names first.
void give_links_to_network(ContainerSpec& spec);

} // namespace rt
