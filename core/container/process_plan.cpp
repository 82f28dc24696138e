// SPDX-License-Identifier: Apache-2.0
#include "core/container/process_plan.hpp"

#include "core/container/option_values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace rt {
namespace {

constexpr std::string_view kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string key_of(const std::string& assignment) {
    return assignment.substr(0, assignment.find('='));
}

// null and missing are the same in image configs.
template <class T>
T value_or(const Json& object, const char* key, T otherwise) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? std::move(otherwise) : found->get<T>();
}

using Words = std::vector<std::string>;

// One image and one spec on their way to a plan.
class Planner {
public:
    Planner(const ContainerSpec& spec, const Json& config, Origins* origins)
        : spec_(spec), config_(config), origins_(origins) {}

    ProcessPlan plan(const std::string& hostname) {
        add_arguments();
        add_environment(hostname);
        const auto image_directory = value_or(config_, "WorkingDir", std::string());
        plan_.working_directory =
            choose({"working directory", "flag --workdir"}, spec_.working_directory, image_directory, "/");
        if (!plan_.working_directory.starts_with('/')) plan_.working_directory.insert(0, "/");
        plan_.user =
            choose({"user", "flag --user"}, spec_.user, value_or(config_, "User", std::string()), "");
        plan_.stop_signal = choose({"stop signal", "flag --stop-signal"}, spec_.stop_signal,
                                   value_or(config_, "StopSignal", std::string()), "SIGTERM");
        add_healthcheck();
        add_labels();
        add_ports();
        add_volumes();
        return std::move(plan_);
    }

    ProcessSummary summarize() {
        add_arguments();
        add_labels();
        add_ports();
        return {std::move(plan_.arguments), std::move(plan_.labels), std::move(plan_.exposed_ports)};
    }

private:
    void note(std::string_view kind, std::string_view name, std::string_view value, std::string_view from) {
        if (origins_ != nullptr) origins_->note(kind, name, value, from);
    }

    struct What {
        const char* name;
        const char* flag;
    };
    std::string choose(const What& what, const std::string& users, const std::string& images,
                       const char* otherwise) {
        const std::string& value = !users.empty() ? users : images;
        note("process", what.name, value.empty() ? otherwise : value,
             !users.empty()    ? std::string_view(what.flag)
             : !images.empty() ? origin::kImage
                               : origin::kDefault);
        return value.empty() ? otherwise : value;
    }

    void add_arguments() {
        plan_.arguments = spec_.entrypoint ? *spec_.entrypoint : value_or(config_, "Entrypoint", Words());
        Words command = spec_.command;
        const bool from_image = command.empty() && !spec_.entrypoint;
        if (from_image) command = value_or(config_, "Cmd", Words());
        for (const std::string& word : plan_.arguments)
            note_argument(word, spec_.entrypoint ? "flag --entrypoint" : origin::kImage);
        for (const std::string& word : command)
            note_argument(word, from_image ? origin::kImage : "command line");
        plan_.arguments.insert(plan_.arguments.end(), command.begin(), command.end());
    }
    void note_argument(const std::string& word, std::string_view from) {
        note("process", cat("argument ", arguments_noted_++), word, from);
    }

    // Sets, replaces, or (an entry without "=") removes a variable.
    void apply(const std::string& assignment, std::string_view from) {
        auto& environment = plan_.environment;
        const std::string key = key_of(assignment);
        const auto found = std::ranges::find(environment, key, key_of);
        if (key.size() == assignment.size()) {
            if (found != environment.end()) environment.erase(found);
            if (origins_ != nullptr) origins_->forget("environment", key);
            return;
        }
        if (found != environment.end())
            *found = assignment;
        else
            environment.push_back(assignment);
        note("environment", key, std::string_view(assignment).substr(key.size() + 1), from);
    }

    void add_environment(const std::string& hostname) {
        apply(std::string(kDefaultPath), origin::kDefault);
        apply(cat("HOSTNAME=", hostname), origin::kDefault);
        if (spec_.terminal) apply("TERM=xterm", "flag --tty");
        for (const std::string& assignment : value_or(config_, "Env", Words()))
            if (assignment.find('=') != std::string::npos) apply(assignment, origin::kImage);
        for (const std::string& assignment : spec_.environment) apply(assignment, "flag --env");
    }

    static Healthcheck read_healthcheck(const Json& value) {
        return {value_or(value, "Test", Words()),
                value_or(value, "Interval", std::int64_t{0}),
                value_or(value, "Timeout", std::int64_t{0}),
                value_or(value, "StartPeriod", std::int64_t{0}),
                value_or(value, "StartInterval", std::int64_t{0}),
                value_or(value, "Retries", 0)};
    }

    void add_healthcheck() {
        const Json value = value_or(config_, "Healthcheck", Json());
        Healthcheck check =
            changed_by(value.is_object() ? read_healthcheck(value) : Healthcheck(), spec_.healthcheck);
        if (check.test.empty()) return;
        const bool mine = spec_.healthcheck && !spec_.healthcheck->test.empty();
        note("process", "health check", check.test.back(), mine ? "flag --health-cmd" : origin::kImage);
        plan_.healthcheck = std::move(check);
    }

    void add_labels() {
        plan_.labels = value_or(config_, "Labels", StringMap());
        for (const auto& [key, value] : plan_.labels) note("label", key, value, origin::kImage);
        for (const auto& [key, value] : spec_.labels) {
            plan_.labels[key] = value;
            note("label", key, value, "flag --label");
        }
    }

    void add_ports() {
        const Json ports = value_or(config_, "ExposedPorts", Json::object());
        for (const auto& [key, unused] : ports.items()) {
            // "80" is 80/tcp. What is no port is not published: the image's word is not worth an error.
            const auto parsed = parse_exposed_ports(key);
            if (!parsed) continue;
            for (const std::string& port : *parsed) add_port(port, origin::kImage);
        }
        for (const std::string& port : spec_.exposed_ports) add_port(port, "flag --expose");
    }
    void add_volumes() {
        const Json volumes = value_or(config_, "Volumes", Json::object());
        for (const auto& [path, unused] : volumes.items())
            if (path.starts_with('/') && normal_path(path) != "/") {
                plan_.volumes.push_back(normal_path(path));
                note("volume", plan_.volumes.back(), "anonymous", origin::kImage);
            }
    }
    void add_port(const std::string& port, std::string_view from) {
        if (!ports_.insert(port).second) return;
        plan_.exposed_ports.push_back(port);
        note("exposed port", port, "", from);
    }

    const ContainerSpec& spec_;
    const Json& config_;
    Origins* origins_;
    ProcessPlan plan_{};
    std::set<std::string> ports_; // an image may name all there are
    int arguments_noted_ = 0;
};

} // namespace

Result<Json> process_config(const std::string& image_config, const std::string& image) {
    const std::string what = cat("config of image '", image, "'");
    RT_TRY_ASSIGN(const Json document, parse_json(image_config, what));
    if (!document.is_object()) return fail(Code::corrupt, what, ": not an object");
    Json config = value_or(document, "config", Json::object());
    if (!config.is_object()) return fail(Code::corrupt, what, ": 'config' is not an object");
    return config;
}

namespace {

template <class Make>
auto planned(const ContainerSpec& spec, const Make& make) -> Result<decltype(make())> {
    try {
        auto made = make();
        if (made.arguments.empty() || made.arguments.front().empty())
            return fail(Code::invalid_argument, "no command: image '", spec.image,
                        "' names none; give one behind the image");
        return made;
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "config of image '", spec.image, "': ", error.what());
    }
}

} // namespace

Result<ProcessPlan> plan_process(const ContainerSpec& spec, const Json& process_config,
                                 const std::string& hostname, Origins* origins) {
    return planned(spec, [&] { return Planner(spec, process_config, origins).plan(hostname); });
}

Result<ProcessSummary> summarize_process(const ContainerSpec& spec, const Json& process_config) {
    return planned(spec, [&] { return Planner(spec, process_config, nullptr).summarize(); });
}

Result<ProcessPlan> plan_process(const ContainerSpec& spec, const std::string& image_config,
                                 const std::string& hostname, Origins* origins) {
    RT_TRY_ASSIGN(const Json config, process_config(image_config, spec.image));
    return plan_process(spec, config, hostname, origins);
}

Healthcheck changed_by(Healthcheck images, const std::optional<Healthcheck>& users) {
    if (!users) return images;
    if (!users->test.empty()) images.test = users->test;
    if (users->interval != 0) images.interval = users->interval;
    if (users->timeout != 0) images.timeout = users->timeout;
    if (users->start_period != 0) images.start_period = users->start_period;
    if (users->start_interval != 0) images.start_interval = users->start_interval;
    if (users->retries != 0) images.retries = users->retries;
    return images;
}

} // namespace rt
