// SPDX-License-Identifier: Apache-2.0
// Containers in and out of networks, whether they run or not. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/spec.hpp"

#include <string>

namespace rt {

// Joins the container to the network that settings names, at once where it runs, and at each start from now
// on. already_exists: it is in it; failed_precondition: it has no network of its own, or is in one that
// excludes others.
Result<void> connect(Engine& engine, const std::string& container, EndpointSettings settings);

enum class ForceDisconnect { no, yes };
// yes: also where the container is not there any more. failed_precondition: it is not in that network.
Result<void> disconnect(Engine& engine, const std::string& network, const std::string& container,
                        ForceDisconnect force);

} // namespace rt
