// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/log.hpp"

#include "core/base/text.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace rt::cli {
namespace {

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = spdlog::create<spdlog::sinks::stderr_color_sink_mt>("rtctl");
        made->set_level(spdlog::level::debug);
        made->set_pattern("rtctl: %^%l%$: %v");
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

} // namespace

void log(LogLevel level, std::string_view text) {
    logger().log(level_of(level), "{}", printable(text));
}

} // namespace rt::cli
