// SPDX-License-Identifier: Apache-2.0
#include "core/container/process_plan.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

constexpr std::string_view kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string key_of(const std::string& assignment) {
    return assignment.substr(0, assignment.find('='));
}

// Sets, replaces, or (an entry without "=") removes a variable.
void apply(std::vector<std::string>& environment, const std::string& assignment) {
    const std::string key = key_of(assignment);
    const auto found = std::ranges::find(environment, key, key_of);
    if (key.size() == assignment.size()) {
        if (found != environment.end()) environment.erase(found);
    } else if (found != environment.end()) {
        *found = assignment;
    } else {
        environment.push_back(assignment);
    }
}

// null and missing are the same in image configs.
template <class T>
T value_or(const Json& object, const char* key, T otherwise) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? otherwise : found->get<T>();
}

using Words = std::vector<std::string>;

} // namespace

Result<ProcessPlan> plan_process(const ContainerSpec& spec, const std::string& image_config,
                                 const std::string& hostname) {
    const std::string what = cat("config of image '", spec.image, "'");
    RT_TRY_ASSIGN(const Json document, parse_json(image_config, what));
    try {
        const Json config = value_or(document, "config", Json::object());
        if (!document.is_object() || !config.is_object()) return fail(Code::corrupt, what, ": not an object");
        ProcessPlan plan;
        plan.arguments = spec.entrypoint ? *spec.entrypoint : value_or(config, "Entrypoint", Words());
        Words command = spec.command;
        if (command.empty() && !spec.entrypoint) command = value_or(config, "Cmd", Words());
        plan.arguments.insert(plan.arguments.end(), command.begin(), command.end());

        plan.environment = {std::string(kDefaultPath), cat("HOSTNAME=", hostname)};
        if (spec.terminal) plan.environment.emplace_back("TERM=xterm");
        for (const std::string& assignment : value_or(config, "Env", Words()))
            if (assignment.find('=') != assignment.npos) apply(plan.environment, assignment);
        for (const std::string& assignment : spec.environment) apply(plan.environment, assignment);

        const auto image_directory = value_or(config, "WorkingDir", std::string());
        plan.working_directory = spec.working_directory.empty() ? image_directory : spec.working_directory;
        if (!plan.working_directory.starts_with('/')) plan.working_directory.insert(0, "/");
        plan.user = spec.user.empty() ? value_or(config, "User", std::string()) : spec.user;
        plan.stop_signal = value_or(config, "StopSignal", std::string("SIGTERM"));
        if (plan.arguments.empty() || plan.arguments.front().empty())
            return fail(Code::invalid_argument, "no command: image '", spec.image,
                        "' names none; give one behind the image");
        return plan;
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, what, ": ", error.what());
    }
}

} // namespace rt
