// SPDX-License-Identifier: Apache-2.0
// The one global of the plugin layer: where log lines of drivers go (set_plugin_log() in loader.hpp). Any
// thread.
#pragma once

#include <string>

namespace rt {

// level: RTP_LOG_*. instance: the driver's name in the wiring.
void log_plugin_line(int level, const std::string& instance, const std::string& text);

} // namespace rt
