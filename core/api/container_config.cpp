// SPDX-License-Identifier: Apache-2.0
// Config: what the user asked for, and what comes from the image where he said nothing.
#include "core/api/container_json.hpp"
#include "core/api/parts.hpp"
#include "core/container/option_values.hpp"
#include "core/container/process_plan.hpp"

#include <algorithm>

namespace rt::api {
namespace {

std::string key_of(const std::string& assignment) {
    return assignment.substr(0, assignment.find('='));
}

// The user's, then those of the image that he has not set (or taken away: "KEY" alone).
std::vector<std::string> environment(const ContainerSpec& spec, const Json& image) {
    std::vector<std::string> all = spec.environment;
    for (const std::string& assignment : texts_of(member_or(image, "Env", Json::array())))
        if (std::ranges::find(spec.environment, key_of(assignment), key_of) == spec.environment.end())
            all.push_back(assignment);
    return all;
}

std::string text_or(const std::string& users, const Json& image, const char* key) {
    return users.empty() ? member_or(image, key, "").get<std::string>() : users;
}

Json exposed_ports(const ContainerSpec& spec, const Json& image) {
    Json ports = Json::object();
    for (const std::string& port : spec.exposed_ports) ports[port] = Json::object();
    for (const PublishedPort& port : spec.ports)
        ports[cat(port.container_port, "/", port.protocol)] = Json::object();
    const Json images = member_or(image, "ExposedPorts", Json::object());
    for (const auto& [key, unused] : images.items())
        if (const auto parsed = parse_exposed_ports(key))
            for (const std::string& port : *parsed) ports[port] = Json::object();
    return ports;
}

Json volumes(const ContainerSpec& spec, const Json& image) {
    Json places = Json::object();
    for (const MountSpec& mount : spec.mounts)
        if (mount.type == MountType::volume && mount.source.empty() && !mount.long_form)
            places[mount.target] = Json::object();
    const Json images = member_or(image, "Volumes", Json::object());
    for (const auto& [path, unused] : images.items()) places[path] = Json::object();
    return or_null(places);
}

void add_command(const ContainerSpec& spec, const Json& image, Json& value) {
    std::vector<std::string> entrypoint =
        spec.entrypoint.value_or(spec.entrypoint ? std::vector<std::string>()
                                                 : texts_of(member_or(image, "Entrypoint", Json::array())));
    std::vector<std::string> command = spec.command;
    if (command.empty() && !spec.entrypoint) command = texts_of(member_or(image, "Cmd", Json::array()));
    value["Entrypoint"] = or_null(entrypoint);
    value["Cmd"] = or_null(command);
}

void add_healthcheck(const ContainerSpec& spec, const Json& image, Json& value) {
    const Healthcheck check =
        changed_by(healthcheck_of(member_or(image, "Healthcheck", Json::object())), spec.healthcheck);
    if (check != Healthcheck()) value["Healthcheck"] = healthcheck_json(check);
}

} // namespace

Json container_config_json(const ContainerView& view) {
    const ContainerSpec& spec = view.spec;
    const Json& image = view.image_config;
    StringMap labels = text_map_of(member_or(image, "Labels", Json::object()));
    for (const auto& [key, label] : spec.labels) labels[key] = label;
    Json value{{"Hostname", view.hostname},
               {"Domainname", spec.domainname},
               {"User", text_or(spec.user, image, "User")},
               {"AttachStdin", spec.attach_stdin},
               {"AttachStdout", spec.attach_stdout},
               {"AttachStderr", spec.attach_stderr},
               {"Tty", spec.terminal},
               {"OpenStdin", spec.open_stdin},
               {"StdinOnce", spec.stdin_once},
               {"Env", environment(spec, image)},
               {"Image", view.record.image_name},
               {"Volumes", volumes(spec, image)},
               {"WorkingDir", text_or(spec.working_directory, image, "WorkingDir")},
               {"OnBuild", Json()},
               {"Labels", labels}};
    set_unless_empty(value, "ExposedPorts", exposed_ports(spec, image));
    add_command(spec, image, value);
    add_healthcheck(spec, image, value);
    set_unless_empty(value, "StopSignal", text_or(spec.stop_signal, image, "StopSignal"));
    if (spec.stop_timeout) value["StopTimeout"] = *spec.stop_timeout;
    if (spec.network_disabled) value["NetworkDisabled"] = true;
    set_unless_empty(value, "MacAddress", spec.mac_address);
    set_unless_empty(value, "Shell", texts_of(member_or(image, "Shell", Json::array())));
    return value;
}

} // namespace rt::api
