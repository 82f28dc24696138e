// SPDX-License-Identifier: Apache-2.0
// Stops every process of a container without its notice, and lets them go on.
#pragma once

#include "core/container/engine.hpp"

#include <string>

namespace rt {

// failed_precondition: it does not run, or is (not) paused already. unsupported: its isolation driver cannot.
Result<void> pause(Engine& engine, const std::string& reference);
Result<void> unpause(Engine& engine, const std::string& reference);

} // namespace rt
