// SPDX-License-Identifier: Apache-2.0
#include "core/container/shim_settings.hpp"

#include "core/base/nearest.hpp"
#include "core/container/exec.hpp"
#include "core/container/option_values.hpp"

namespace rt {
namespace {

constexpr std::int64_t kMostFiles = 1000;

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
        } else {
            const std::string best = nearest(key, {"max-size", "max-file"});
            return fail(Code::invalid_argument, "unknown log option '", key,
                        "' of json-file: there are max-size and max-file",
                        best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
        }
    }
    if (log.max_files > 1 && log.max_size == 0)
        return fail(Code::invalid_argument,
                    "log option max-file needs max-size: without it no second file is begun");
    return log;
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
