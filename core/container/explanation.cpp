// SPDX-License-Identifier: Apache-2.0
#include "core/container/explanation.hpp"

#include "core/container/oci_config.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

std::string by_wiring(const Wiring& wiring, const std::string& pointer) {
    return cat("wiring: ", wiring_origin(wiring, pointer));
}

std::string by_driver(Role role, const std::string& instance) {
    return cat(name_of(role), " driver '", instance, "'");
}

// oci_config() knows no file and no driver: it says "wiring POINTER" of what comes from there, and names the
// role.
void name_the_sources(Origins& origins, const Wiring& wiring, const ExplainInput& input) {
    constexpr std::string_view kWiring = "wiring ";
    const std::vector<Origin> noted = origins.all();
    for (const Origin& origin : noted) {
        if (origin.from.starts_with(kWiring))
            origins.note(origin.kind, origin.name, origin.value,
                         by_wiring(wiring, origin.from.substr(kWiring.size())));
        if (origin.from == name_of(Role::storage))
            origins.note(origin.kind, origin.name, origin.value, by_driver(Role::storage, input.storage));
    }
}

// Which drivers, and with what config.
void note_driver(Origins& origins, const Wiring& wiring, Role role, const std::string& asked_for,
                 const std::string& instance) {
    const RoleWiring& drivers = wiring.role(role);
    const std::string name(name_of(role));
    origins.note("driver", name, instance,
                 !asked_for.empty() ? cat("flag --", name)
                 : drivers.default_instance == instance
                     ? by_wiring(wiring, cat("/", name, "/default"))
                     : std::string("the wiring's default when it was made"));
    const auto found = drivers.drivers.find(instance);
    if (found == drivers.drivers.end()) return;
    const std::string pointer = cat("/", name, "/drivers/", instance);
    origins.note("driver", cat(name, " plugin"), found->second.plugin,
                 by_wiring(wiring, cat(pointer, "/plugin")));
    const Json config = Json::parse(found->second.config_json, nullptr, false);
    if (!config.is_object()) return;
    for (const auto& [key, value] : config.items())
        origins.note("driver", cat(name, " ", key),
                     value.dump(-1, ' ', false, Json::error_handler_t::replace),
                     by_wiring(wiring, cat(pointer, "/config/", key)));
}

void note_list(Origins& origins, const char* kind, const std::vector<std::string>& values, const char* flag) {
    for (const std::string& value : values) origins.note(kind, value, "", flag);
}

// What a container is beyond its config.json: names, ports, its end.
void note_options(Origins& origins, const ContainerSpec& spec) {
    for (const PublishedPort& port : spec.ports)
        origins.note("published port", cat(port.container_port, "/", port.protocol),
                     cat(port.host_ip, ":", port.host_port), "flag --publish");
    note_list(origins, "name server", spec.dns, "flag --dns");
    note_list(origins, "search domain", spec.dns_search, "flag --dns-search");
    note_list(origins, "resolver option", spec.dns_options, "flag --dns-option");
    note_list(origins, "host name", spec.extra_hosts, "flag --add-host");
    const bool restarts = spec.restart_policy != RestartPolicy();
    origins.note("life", "restart policy", spec.restart_policy.name,
                 restarts ? "flag --restart" : origin::kDefault);
    origins.note("life", "removed at its end", spec.auto_remove ? "true" : "false",
                 spec.auto_remove ? "flag --rm" : origin::kDefault);
    origins.note("life", "stop timeout", spec.stop_timeout ? cat(*spec.stop_timeout) : "10",
                 spec.stop_timeout ? "flag --stop-timeout" : origin::kDefault);
    origins.note("log", "driver", spec.log_config.type.empty() ? "json-file" : spec.log_config.type,
                 spec.log_config.type.empty() ? origin::kDefault : "flag --log-driver");
    for (const auto& [key, value] : spec.log_config.config) origins.note("log", key, value, "flag --log-opt");
}

// What the drivers have answered, where it runs.
void note_answers(Origins& origins, const ExplainInput& input) {
    for (const Attachment& attachment : input.attachments) {
        const Json result = Json::parse(attachment.endpoint.result, nullptr, false);
        if (!result.is_object()) continue;
        const std::string from = by_driver(Role::network, attachment.network->driver);
        for (const auto& [key, value] : result.items())
            origins.note("network", cat(attachment.network->name, " ", key),
                         value.dump(-1, ' ', false, Json::error_handler_t::replace), from);
    }
    for (const std::string& warning : input.warnings)
        origins.note("warning", warning, "", by_driver(Role::isolation, input.isolation));
}

} // namespace

std::string wiring_origin(const Wiring& wiring, const std::string& pointer) {
    // A value that the file gives as a part of an object or list stands where that does.
    for (std::string place = pointer; !place.empty(); place.resize(place.rfind('/')))
        if (const auto found = wiring.origins.find(place); found != wiring.origins.end())
            return found->second;
    return "built-in default";
}

Result<Origins> explain_origins(const ContainerSpec& spec, const Wiring& wiring, const ExplainInput& input) {
    Origins origins;
    note_driver(origins, wiring, Role::storage, spec.storage, input.storage);
    note_driver(origins, wiring, Role::network, spec.network, input.network);
    note_driver(origins, wiring, Role::isolation, spec.isolation, input.isolation);
    RT_TRY_ASSIGN(const ProcessPlan plan, plan_process(spec, input.image_config, input.hostname, &origins));
    RT_TRY_ASSIGN(HostFacts host, look_at_host(spec));
    RT_TRY(oci_config({.container_id = input.container_id,
                       .bundle = input.bundle,
                       .hostname = input.hostname,
                       .cgroup_parent = wiring.cgroup_parent.native(),
                       .own_network = input.own_network,
                       .spec = spec,
                       .plan = plan,
                       .host = std::move(host),
                       .ids = input.ids,
                       .init_program = spec.init.value_or(wiring.init.by_default) && spec.pid_mode.empty()
                                           ? wiring.init.program.native()
                                           : std::string(),
                       .origins = &origins}));
    name_the_sources(origins, wiring, input);
    note_options(origins, spec);
    note_answers(origins, input);
    return origins;
}

} // namespace rt
