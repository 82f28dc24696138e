// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/log.hpp"

#include "core/plugin/loader.hpp"

#include <rtp/host.h>

#include <unistd.h>

#include <atomic>

namespace rt {
namespace {

// Until a program says otherwise: warnings and errors are for the user of the operation, the rest is dropped.
void log_to_standard_error(int level, const std::string& instance, const std::string& text) {
    if (level < RTP_LOG_WARNING) return;
    const std::string line =
        cat("rt: ", level == RTP_LOG_WARNING ? "warning" : "error", ": ", instance, ": ", text, "\n");
    (void)write_all(STDERR_FILENO, line, "standard error"); // there is nobody left to tell
}

std::atomic<PluginLog> current{log_to_standard_error};

} // namespace

void set_plugin_log(PluginLog log) {
    current = log;
}

void log_plugin_line(int level, const std::string& instance, const std::string& text) {
    current.load()(level, instance, text);
}

} // namespace rt
