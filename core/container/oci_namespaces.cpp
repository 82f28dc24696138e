// SPDX-License-Identifier: Apache-2.0
// What of the system a container has for itself, and what of it is hidden.
#include "core/container/oci_parts.hpp"

#include <nlohmann/json.hpp>

namespace rt::oci {
namespace {

struct NamespaceChoice {
    const char* type;
    const std::string& mode; // "host": left out
    std::string_view flag;
    const std::string& path; // of the one that is joined; "": a new one
};

void add(const OciInput& input, const NamespaceChoice& choice, Json& list) {
    const std::string_view from = choice.mode.empty() ? origin::kDefault : choice.flag;
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
Json paths(const OciInput& input, const char* kind, const std::optional<std::vector<std::string>>& users,
           std::initializer_list<const char*> dockers) {
    if (users) {
        note(input, kind, "all", cat(users->size(), " paths"), "flag --security-opt systempaths");
        return *users;
    }
    if (input.spec.privileged) {
        note(input, kind, "all", "none", origin::kPrivileged);
        return Json::array();
    }
    for (const char* path : dockers) note(input, kind, path, "", origin::kDefault);
    return std::vector<std::string>(dockers.begin(), dockers.end());
}

} // namespace

Json namespaces(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    const std::string none;
    const std::string network = input.own_network ? spec.network : "host";
    Json list = Json::array();
    add(input, {"pid", spec.pid_mode, "flag --pid", input.joined.pid}, list);
    add(input, {"mount", none, "", none}, list);
    add(input, {"ipc", spec.ipc_mode, "flag --ipc", input.joined.ipc}, list);
    add(input, {"uts", spec.uts_mode, "flag --uts", none}, list);
    add(input, {"cgroup", spec.cgroupns_mode, "flag --cgroupns", none}, list);
    add(input,
        {"network", network == "host" && input.own_network ? none : network, "flag --network",
         input.joined.network},
        list);
    if (input.ids.count > 0) {
        add(input, {"user", spec.userns_mode, "flag --userns", none}, list);
        note(input, "limit", "ids", cat(input.ids.first, "-", input.ids.first + input.ids.count - 1),
             "flag --userns");
    }
    return list;
}

Json masked_paths(const OciInput& input) {
    return paths(input, "masked path", input.spec.masked_paths,
                 {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                  "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
                  "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"});
}

Json readonly_paths(const OciInput& input) {
    return paths(input, "read-only path", input.spec.readonly_paths,
                 {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"});
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
