// SPDX-License-Identifier: Apache-2.0
// What the shim is to do for a container besides running it: keep its log, check its health. Pure; any
// thread.
#pragma once

#include "core/container/process_plan.hpp"
#include "core/shim/client.hpp"

#include <optional>

namespace rt {

// Docker's options of json-file: max-size (with a unit), max-file, and which of the container's labels and
// variables go into each line: labels and env (names, separated by commas), labels-regex and env-regex.
// invalid_argument names an unknown one.
Result<ShimLog> shim_log(const LogConfig& config, const Path& file);
// What those say, for ShimLog::attributes. invalid_argument: it is too much for one line.
Result<std::string> log_attributes(const LogConfig& config, const StringMap& labels,
                                   const std::vector<std::string>& environment);

// Empty: there is no check. config_json: of the container, after whose process the check's is made.
Result<std::optional<ShimHealth>> shim_health(const ProcessPlan& plan, const std::string& config_json);

} // namespace rt
