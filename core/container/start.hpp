// SPDX-License-Identifier: Apache-2.0
// Starts a container that is there: created, or ended. A start that comes to nothing leaves it as it was,
// with the reason in its record.
#pragma once

#include "core/container/run.hpp"

#include <string>

namespace rt {

// runs_already: it runs. not_found names the nearest.
std::expected<RunningContainer, RunFailure> start(Engine& engine, const std::string& reference,
                                                  const RunOptions& options);

// What its restart policy wants: starts one that rests. shim: with the lease. A start that comes to nothing
// leaves it ended.
Result<void> start_by_policy(Engine& engine, const std::string& container_id, ShimClient shim);

} // namespace rt
