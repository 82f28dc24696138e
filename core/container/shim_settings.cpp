// SPDX-License-Identifier: Apache-2.0
#include "core/container/shim_settings.hpp"

#include "core/base/nearest.hpp"
#include "core/container/exec.hpp"
#include "core/container/option_values.hpp"

#include <nlohmann/json.hpp>

#include <regex.h>

#include <memory>
#include <sstream>
#include <utility>

namespace rt {
namespace {

constexpr std::int64_t kMostFiles = 1000;

class Pattern {
public:
    static Result<Pattern> make(const std::string& option, const std::string& text) {
        Pattern pattern;
        if (::regcomp(pattern.compiled_.get(), text.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
            return fail(Code::invalid_argument, "log option ", option, " '", text,
                        "' is not an (extended) regular expression");
        pattern.is_made_ = true;
        return pattern;
    }
    Pattern(Pattern&& other) noexcept
        : compiled_(std::move(other.compiled_)), is_made_(std::exchange(other.is_made_, false)) {}
    Pattern& operator=(Pattern&&) = delete;
    ~Pattern() {
        if (is_made_) ::regfree(compiled_.get());
    }
    [[nodiscard]] bool finds(const std::string& text) const {
        return ::regexec(compiled_.get(), text.c_str(), 0, nullptr, 0) == 0;
    }

private:
    Pattern() = default;
    std::unique_ptr<regex_t> compiled_ = std::make_unique<regex_t>();
    bool is_made_ = false;
};

// Those of `all` that the options KIND and KIND-regex choose.
Result<void> choose(const LogConfig& config, const std::string& kind, const StringMap& all, StringMap& into) {
    if (const auto names = config.config.find(kind); names != config.config.end()) {
        std::istringstream list(names->second);
        for (std::string name; std::getline(list, name, ',');)
            if (const auto found = all.find(name); found != all.end()) into[name] = found->second;
    }
    const auto text = config.config.find(kind + "-regex");
    if (text == config.config.end()) return {};
    RT_TRY_ASSIGN(const Pattern pattern, Pattern::make(text->first, text->second));
    for (const auto& [name, value] : all)
        if (pattern.finds(name)) into[name] = value;
    return {};
}

template <class T>
void take(T wanted, T& target) { // 0: as it is by default
    if (wanted != 0) target = wanted;
}

} // namespace

Result<ShimLog> shim_log(const LogConfig& config, const Path& file) {
    ShimLog log;
    log.driver = config.type.empty() ? "json-file" : config.type;
    log.file = file;
    for (const auto& [key, value] : config.config) {
        if (log.driver == "none")
            return fail(Code::invalid_argument, "log option '", key, "': the driver none has no options");
        if (key == "max-size") {
            RT_TRY_ASSIGN(log.max_size, parse_size(value));
            if (log.max_size <= 0)
                return fail(Code::invalid_argument, "log option max-size '", value,
                            "': give a size above 0, as in 10m");
        } else if (key == "max-file") {
            RT_TRY_ASSIGN(const std::int64_t files, parse_integer(value));
            if (files < 1 || files > kMostFiles)
                return fail(Code::invalid_argument, "log option max-file '", value, "': from 1 to ",
                            kMostFiles);
            log.max_files = static_cast<int>(files);
        } else if (key == "labels-regex" || key == "env-regex") {
            RT_TRY(Pattern::make(key, value));
        } else if (key != "labels" && key != "env") {
            const std::string best =
                nearest(key, {"max-size", "max-file", "labels", "labels-regex", "env", "env-regex"});
            return fail(
                Code::invalid_argument, "unknown log option '", key,
                "' of json-file: there are max-size, max-file, labels, labels-regex, env and env-regex",
                best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
        }
    }
    if (log.max_files > 1 && log.max_size == 0)
        return fail(Code::invalid_argument,
                    "log option max-file needs max-size: without it no second file is begun");
    return log;
}

Result<std::string> log_attributes(const LogConfig& config, const StringMap& labels,
                                   const std::vector<std::string>& environment) {
    StringMap chosen;
    RT_TRY(choose(config, "labels", labels, chosen));
    StringMap variables;
    for (const std::string& assignment : environment) variables.insert(split_assignment(assignment));
    RT_TRY(choose(config, "env", variables, chosen));
    if (chosen.empty()) return std::string();
    std::string text = Json(chosen).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > kMostLogAttributes)
        return fail(Code::invalid_argument, "the labels and variables that the log options choose are ",
                    text.size(), " bytes long, and go into each line: choose fewer, at most ",
                    kMostLogAttributes, " bytes");
    return text;
}

Result<std::optional<ShimHealth>> shim_health(const ProcessPlan& plan, const std::string& config_json) {
    if (!plan.healthcheck || plan.healthcheck->test.empty() || plan.healthcheck->test.front() == "NONE")
        return std::nullopt;
    const Healthcheck& check = *plan.healthcheck;
    ExecRequest request;
    if (check.test.front() == "CMD-SHELL" && check.test.size() == 2)
        request.command = {"/bin/sh", "-c", check.test[1]};
    else if (check.test.front() == "CMD")
        request.command.assign(check.test.begin() + 1, check.test.end());
    if (request.command.empty())
        return fail(Code::invalid_argument,
                    "health check: its test is neither CMD with a program nor CMD-SHELL with a line");
    ShimHealth health;
    RT_TRY_ASSIGN(health.process_json, exec_process(config_json, request));
    take(check.interval, health.interval);
    take(check.timeout, health.timeout);
    take(check.start_period, health.start_period);
    take(check.start_interval, health.start_interval);
    take(check.retries, health.retries);
    return health;
}

} // namespace rt
