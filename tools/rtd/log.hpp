// SPDX-License-Identifier: Apache-2.0
// The log of the daemon, on standard error: one line each. Under systemd with the priority in front
// ("<4>..."), which the journal understands; else with the time. Any thread.
#pragma once

#include <string_view>

namespace rt::rtd {

enum class LogLevel { debug, info, warning, error };

void set_log_level(LogLevel least);
// A line; it names the operation that the thread is at (core/container/operation_name.hpp).
void log(LogLevel level, std::string_view text);

} // namespace rt::rtd
