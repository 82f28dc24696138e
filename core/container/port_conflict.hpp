// SPDX-License-Identifier: Apache-2.0
// Who has a port that could not be published. A network driver knows endpoints; users know containers.
#pragma once

#include "core/container/engine.hpp"
#include "core/network/port.hpp"

#include <string>
#include <vector>

namespace rt {

// The error of a driver's attach, in docker's words and with the container that has one of the ports; as it
// was where no container has one.
Error name_the_holder(Engine::State& state, const std::string& container_id,
                      const std::vector<PublishedPort>& wanted, Error error);

} // namespace rt
