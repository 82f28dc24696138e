// SPDX-License-Identifier: Apache-2.0
// What can be said about a spec without looking at the host. The limits are docker's, and those of the
// kernel's interfaces that they end in.
#include "core/base/id.hpp"
#include "core/container/mount_resolve.hpp"
#include "core/container/shim_settings.hpp"
#include "core/container/spec_validate_parts.hpp"
#include "core/container/stop.hpp"
#include "core/container/unsupported.hpp"
#include "core/volume/volume_options.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rt {
namespace {

constexpr std::size_t kLargestSpec = 8U << 20U;
constexpr std::size_t kLargestText = 128U << 10U; // the kernel's for one word of a program
constexpr std::int64_t kLeastTime = 1'000'000;    // ns

// Strings end up in files and system calls of which a zero byte would cut off the rest. Answers how many
// bytes there are.
Result<std::size_t> measure(const Json& value) {
    std::size_t size = 1;
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        if (text.find('\0') != std::string::npos)
            return fail(Code::invalid_argument, "'", text.substr(0, text.find('\0')),
                        "' is followed by a zero byte, which no option may have");
        size += text.size();
    }
    if (value.is_structured())
        for (const auto& [key, part] : value.items()) {
            RT_TRY_ASSIGN(const std::size_t inner, measure(part));
            size += inner + key.size();
        }
    return size;
}

Result<void> validate_size(const ContainerSpec& spec) {
    RT_TRY_ASSIGN(const std::size_t size, measure(to_json(spec)));
    if (size > kLargestSpec)
        return fail(Code::invalid_argument, "the options of the container are ", size, " bytes: at most ",
                    kLargestSpec, " can be kept");
    const std::vector<std::string> none;
    for (const auto* words : {&spec.command, &spec.environment, spec.entrypoint ? &*spec.entrypoint : &none})
        for (const std::string& word : *words)
            if (word.size() >= kLargestText)
                return fail(Code::invalid_argument, "'", word.substr(0, 40), "...' has ", word.size(),
                            " bytes: the kernel passes at most ", kLargestText - 1, " to a program");
    return {};
}

Result<void> validate_process(const ContainerSpec& spec) {
    if (!spec.working_directory.empty() && !spec.working_directory.starts_with('/'))
        return fail(Code::invalid_argument, "working directory '", spec.working_directory,
                    "' is not an absolute path");
    for (const std::string& assignment : spec.environment)
        if (assignment.empty() || assignment.front() == '=')
            return fail(Code::invalid_argument, "environment variable '", assignment, "' has no name");
    for (const StringMap* map :
         {&spec.labels, &spec.annotations, &spec.sysctls, &spec.storage_opt, &spec.log_config.config})
        if (map->contains(""))
            return fail(Code::invalid_argument, "a label, annotation or option has no name before its '='");
    for (const std::string& group : spec.group_add)
        if (group.empty() || group.find_first_of(":, \t\n") != std::string::npos)
            return fail(Code::invalid_argument, "'", group, "' is not a group: a name or a number");
    return {};
}

Result<void> validate_health(const Healthcheck& check) {
    constexpr std::array<std::string_view, 3> kKinds{"NONE", "CMD", "CMD-SHELL"};
    if (!check.test.empty() && std::ranges::find(kKinds, check.test.front()) == kKinds.end())
        return fail(Code::invalid_argument, "the health check begins with '", check.test.front(),
                    "', which is not one of NONE, CMD, CMD-SHELL");
    if (!check.test.empty() && check.test.front() != "NONE" && check.test.size() < 2)
        return fail(Code::invalid_argument, "the health check has no command");
    for (const auto& [name, time] :
         {std::pair("interval", check.interval), std::pair("timeout", check.timeout),
          std::pair("start period", check.start_period), std::pair("start interval", check.start_interval)})
        if (time != 0 && time < kLeastTime)
            return fail(Code::invalid_argument, "the health check's ", name, " is less than 1ms");
    if (check.retries < 0) return fail(Code::invalid_argument, "the health check's retries are negative");
    return {};
}

Result<void> validate_life(const ContainerSpec& spec) {
    const RestartPolicy& restart = spec.restart_policy;
    RT_TRY(parse_restart_policy(restart.name));
    if (restart.maximum_retry_count < 0 || (restart.maximum_retry_count > 0 && restart.name != "on-failure"))
        return fail(Code::invalid_argument, "restart policy '", restart.name,
                    "': ", restart.maximum_retry_count,
                    " restarts: only on-failure takes a count, of 0 or more");
    if (spec.auto_remove && restart.name != "no")
        return fail(Code::invalid_argument, "--rm and --restart ", restart.name,
                    " exclude each other: what is removed cannot be started again");
    if (!spec.stop_signal.empty()) RT_TRY(parse_signal(spec.stop_signal));
    if (spec.stop_timeout && *spec.stop_timeout < -1)
        return fail(Code::invalid_argument, "the stop timeout ", *spec.stop_timeout,
                    " is not a number of seconds, or -1 for no end");
    if (spec.healthcheck) RT_TRY(validate_health(*spec.healthcheck));
    RT_TRY(shim_log(spec.log_config, {}));
    const std::string& driver = spec.log_config.type;
    if (!driver.empty() && driver != "json-file" && driver != "none")
        return fail(Code::unsupported, "log driver '", driver,
                    "' is not supported: there are json-file and none");
    return {};
}

} // namespace

Result<void> validate_container_name(const std::string& name) {
    if (is_valid_name(name) && name.size() >= 2) return {};
    return fail(Code::invalid_argument, "container name '", name,
                "' is not valid: two or more of [a-zA-Z0-9_.-], the first a letter or digit");
}

Result<void> validate(const ContainerSpec& spec) {
    RT_TRY(validate_size(spec));
    if (!spec.name.empty()) RT_TRY(validate_container_name(spec.name));
    RT_TRY(validate_process(spec));
    RT_TRY(validate_life(spec));
    RT_TRY(validate_mounts(spec.mounts));
    RT_TRY(check_volume_driver(spec.volume_driver));
    for (const std::string& text : spec.volumes_from) RT_TRY(parse_volumes_from(text));
    RT_TRY(validate_network(spec));
    RT_TRY(validate_limits(spec));
    RT_TRY(validate_security(spec));
    return refuse_unsupported(spec);
}

} // namespace rt
