// SPDX-License-Identifier: Apache-2.0
// Where a container that runs can be reached from outside: what its network drivers answered.
#pragma once

#include "core/container/engine.hpp"
#include "core/network/port.hpp"

#include <string>
#include <vector>

namespace rt {

// Of one endpoint, in the driver's order. Empty: it is not attached yet.
std::vector<PublishedPort> published_ports(const Endpoint& endpoint);

// Of all of its endpoints, in docker's order: by the container's port, then by the host's address. Empty
// while it does not run.
Result<std::vector<PublishedPort>> published_ports(Engine::State& state, const std::string& container_id);

} // namespace rt
