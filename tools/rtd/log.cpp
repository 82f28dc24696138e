// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/log.hpp"

#include "core/base/text.hpp"
#include "core/container/operation_name.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

namespace rt::rtd {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

// sd-daemon(3): "<6>" and so on.
class Priority final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
                spdlog::memory_buf_t& out) override {
        const char* const priority = message.level >= spdlog::level::err    ? "<3>"
                                     : message.level == spdlog::level::warn ? "<4>"
                                     : message.level == spdlog::level::info ? "<6>"
                                                                            : "<7>";
        out.append(priority, priority + 3);
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<Priority>();
    }
};

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = spdlog::create<spdlog::sinks::stderr_color_sink_mt>("rtd");
        if (std::getenv("JOURNAL_STREAM") != nullptr) {
            auto formatter = std::make_unique<spdlog::pattern_formatter>();
            formatter->add_flag<Priority>('*').set_pattern("%*%v");
            made->set_formatter(std::move(formatter));
        } else {
            made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z rtd: %^%l%$: %v");
        }
        return made;
    }();
    return *instance;
}

} // namespace

void set_log_level(LogLevel least) {
    logger().set_level(level_of(least));
}

void log(LogLevel level, std::string_view text) {
    const std::string& operation = OperationName::current();
    if (operation.empty())
        logger().log(level_of(level), "{}", printable(text));
    else
        logger().log(level_of(level), "{} operation={}", printable(text), operation);
}

} // namespace rt::rtd
