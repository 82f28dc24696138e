// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/session.hpp"

#include "core/plugin/loader.hpp"
#include "tools/rtctl/log.hpp"

#include <rtp/host.h>

#include <set>

namespace rt::cli {
namespace {

LogLevel level_of(int level) {
    switch (level) {
    case RTP_LOG_DEBUG: return LogLevel::debug;
    case RTP_LOG_INFO: return LogLevel::info;
    case RTP_LOG_WARNING: return LogLevel::warning;
    default: return LogLevel::error;
    }
}

void show_everything(int level, const std::string& instance, const std::string& text) {
    log(level_of(level), cat(instance, ": ", text));
}

void show_warnings(int level, const std::string& instance, const std::string& text) {
    if (level >= RTP_LOG_WARNING) show_everything(level, instance, text);
}

} // namespace

Result<std::unique_ptr<Engine>> open_engine(const Globals& globals) {
    set_plugin_log(globals.debug ? show_everything : show_warnings);
    return Engine::open(globals.config_file,
                        [said = std::set<std::string>()](const std::string& text) mutable {
                            if (said.insert(text).second)
                                log(LogLevel::warning, text); // once, however often it is met
                        });
}

} // namespace rt::cli
