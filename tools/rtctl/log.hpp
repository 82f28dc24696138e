// SPDX-License-Identifier: Apache-2.0
// The log of a command, on standard error: warnings always, all that drivers say with --debug. Lines are
// "rtctl: warning: bridge: ...", in colour on a terminal. The logger is made with the first line: most
// commands never write one.
#pragma once

#include <string_view>

namespace rt::cli {

enum class LogLevel { debug, info, warning, error };

void log(LogLevel level, std::string_view text);

} // namespace rt::cli
