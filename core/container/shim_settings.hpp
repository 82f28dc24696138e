// SPDX-License-Identifier: Apache-2.0
// What the shim is to do for a container besides running it: keep its log, check its health. Pure; any
// thread.
#pragma once

#include "core/container/process_plan.hpp"
#include "core/shim/client.hpp"

#include <optional>

namespace rt {

// Docker's options of json-file: max-size (with a unit), max-file. invalid_argument names an unknown one.
Result<ShimLog> shim_log(const LogConfig& config, const Path& file);

// Empty: there is no check. config_json: of the container, after whose process the check's is made.
Result<std::optional<ShimHealth>> shim_health(const ProcessPlan& plan, const std::string& config_json);

} // namespace rt
