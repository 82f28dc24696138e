// SPDX-License-Identifier: Apache-2.0
// What of the system a container has for itself, and what of it is hidden.
#include "core/container/oci_parts.hpp"

#include <nlohmann/json.hpp>

namespace rt::oci {
namespace {

struct NamespaceChoice {
    const char* type;
    const std::string& mode; // "host": left out
    std::string_view from;
    const std::string& path; // of the one that is joined; "": a new one
};

std::string_view by(const std::string& mode, std::string_view flag) {
    return mode.empty() ? origin::kDefault : flag;
}

void add(const OciInput& input, const NamespaceChoice& choice, Json& list) {
    const std::string_view from = choice.from;
    if (choice.mode == "host") {
        note(input, "namespace", choice.type, "the host's", from);
        return;
    }
    Json entry{{"type", choice.type}};
    if (!choice.path.empty()) entry["path"] = choice.path;
    list.push_back(std::move(entry));
    const bool joins = choice.mode.starts_with("container:");
    note(input, "namespace", choice.type, joins ? choice.mode : "its own", from);
}

// Those of the user where there are some (or an empty list), none with --privileged, docker's otherwise.
std::vector<std::string> choose(const ContainerSpec& spec,
                                const std::optional<std::vector<std::string>>& users,
                                std::initializer_list<const char*> dockers) {
    if (users) return *users;
    if (spec.privileged) return {};
    return {dockers.begin(), dockers.end()};
}

void note_paths(const OciInput& input, const char* kind, bool by_user,
                const std::vector<std::string>& paths) {
    const std::string_view from = by_user                 ? "flag --security-opt systempaths"
                                  : input.spec.privileged ? origin::kPrivileged
                                                          : origin::kDefault;
    if (paths.empty()) note(input, kind, "all", "none", from);
    for (const std::string& path : paths) note(input, kind, path, "", from);
}

} // namespace

Json namespaces(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    const std::string none;
    const std::string network = input.own_network ? spec.network : "host";
    Json list = Json::array();
    add(input, {"pid", spec.pid_mode, by(spec.pid_mode, "flag --pid"), input.joined.pid}, list);
    add(input, {"mount", none, origin::kDefault, none}, list);
    add(input, {"ipc", spec.ipc_mode, by(spec.ipc_mode, "flag --ipc"), input.joined.ipc}, list);
    add(input, {"uts", spec.uts_mode, by(spec.uts_mode, "flag --uts"), none}, list);
    add(input, {"cgroup", spec.cgroupns_mode, by(spec.cgroupns_mode, "flag --cgroupns"), none}, list);
    // Whether there is one is a matter of the network driver, which the user or the wiring has chosen.
    add(input,
        {"network", network == "host" && input.own_network ? none : network,
         spec.network.empty() ? "wiring /network/default" : "flag --network", input.joined.network},
        list);
    if (input.ids.count > 0) {
        add(input, {"user", spec.userns_mode, by(spec.userns_mode, "flag --userns"), none}, list);
        note(input, "limit", "ids", cat(input.ids.first, "-", input.ids.first + input.ids.count - 1),
             "flag --userns");
    }
    return list;
}

Json masked_paths(const OciInput& input) {
    std::vector<std::string> paths = masked_paths_of(input.spec);
    note_paths(input, "masked path", input.spec.masked_paths.has_value(), paths);
    return paths;
}

Json readonly_paths(const OciInput& input) {
    std::vector<std::string> paths = readonly_paths_of(input.spec);
    note_paths(input, "read-only path", input.spec.readonly_paths.has_value(), paths);
    return paths;
}

Json sysctls(const OciInput& input) {
    Json values = Json::object();
    // Every group that there is.
    const std::string groups = cat("0 ", input.ids.count > 0 ? input.ids.count - 1 : 2147483647U);
    // Inside its own network a container may use low ports and ping without being root, as docker allows it.
    if (input.own_network && input.joined.network.empty())
        for (const auto& [key, value] : {std::pair("net.ipv4.ip_unprivileged_port_start", "0"),
                                         std::pair("net.ipv4.ping_group_range", groups.c_str())}) {
            values[key] = value;
            note(input, "sysctl", key, value, origin::kDefault);
        }
    for (const auto& [key, value] : input.spec.sysctls) {
        values[key] = value;
        note(input, "sysctl", key, value, "flag --sysctl");
    }
    return values;
}

} // namespace rt::oci

namespace rt {

std::vector<std::string> masked_paths_of(const ContainerSpec& spec) {
    return oci::choose(spec, spec.masked_paths,
                       {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                        "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
                        "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"});
}

std::vector<std::string> readonly_paths_of(const ContainerSpec& spec) {
    return oci::choose(spec, spec.readonly_paths,
                       {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
}

} // namespace rt
