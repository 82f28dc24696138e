// SPDX-License-Identifier: Apache-2.0
// docker's filters as clients send them, as the engine takes them: "key=value". Pure; any thread.
#pragma once

#include "tools/rtd/http/request.hpp"

#include <string>
#include <vector>

namespace rt::rtd {

// {"key": ["value", ...]}, or {"key": {"value": true}} as before API 1.22. invalid_argument.
Result<std::vector<std::string>> parse_filters(const std::string& json);
// Of the parameter "filters".
Result<std::vector<std::string>> filters_of(const Request& request);

} // namespace rt::rtd
