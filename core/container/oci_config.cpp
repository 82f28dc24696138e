// SPDX-License-Identifier: Apache-2.0
#include "core/container/oci_config.hpp"

#include "core/container/capabilities.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

constexpr std::int64_t kCpuPeriod = 100'000; // microseconds

Json mount(const char* target, const char* type, const char* source, Json options) {
    return {{"destination", target}, {"type", type}, {"source", source}, {"options", std::move(options)}};
}

Json default_mounts() {
    return Json::array({
        mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
        mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
        mount("/dev/pts", "devpts", "devpts",
              {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
        mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
        mount("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}),
        mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
        mount("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
    });
}

Json bind_options(const MountSpec& mount) {
    Json options{mount.sub_mounts == SubMounts::left_out ? "bind" : "rbind",
                 mount.propagation.empty() ? "rprivate" : mount.propagation};
    if (mount.read_only) options.push_back(mount.sub_mounts == SubMounts::read_only_too ? "rro" : "ro");
    return options;
}

// A tmpfs as docker makes it, unless the user says otherwise: a later word wins over an earlier one.
Json tmpfs_options(const MountSpec& mount) {
    Json options{"noexec", "nosuid", "nodev"};
    for (const std::string& option : mount.tmpfs_options) options.push_back(option);
    if (mount.read_only) options.push_back("ro");
    return options;
}

Json user_mount(const MountSpec& mount) {
    if (mount.type == MountType::tmpfs)
        return {{"destination", mount.target},
                {"type", "tmpfs"},
                {"source", "tmpfs"},
                {"options", tmpfs_options(mount)}};
    return {{"destination", mount.target},
            {"type", "bind"},
            {"source", mount.source},
            {"options", bind_options(mount)}};
}

// What the user mounts takes the place of what is there by default, and comes after everything above it. Our
// own files count as the user's, so a mount over /etc does not hide them.
Json mounts(const OciInput& input) {
    std::vector<MountSpec> wanted = input.spec.mounts;
    const auto is_taken = [&](const std::string& target) {
        return std::ranges::find(wanted, target, &MountSpec::target) != wanted.end();
    };
    const bool own_dev = is_taken("/dev");
    Json list = Json::array();
    for (Json defaults = default_mounts(); Json & entry : defaults) {
        const std::string target = entry["destination"];
        if (!is_taken(target) && !(own_dev && target.starts_with("/dev/"))) list.push_back(std::move(entry));
    }
    for (const char* name : {"resolv.conf", "hostname", "hosts"})
        if (const std::string target = cat("/etc/", name); !is_taken(target))
            wanted.push_back({.source = cat(input.bundle, "/", name), .target = target});
    std::ranges::stable_sort(wanted, {},
                             [](const MountSpec& mount) { return std::ranges::count(mount.target, '/'); });
    for (const MountSpec& mount : wanted) list.push_back(user_mount(mount));
    return list;
}

Json device_rule(bool allow, const char* type, int major, int minor, const char* access) {
    Json rule{{"allow", allow}, {"access", access}};
    if (type != nullptr) rule["type"] = type;
    if (major >= 0) rule["major"] = major;
    if (minor >= 0) rule["minor"] = minor;
    return rule;
}

// Making any node is allowed (it is of no use without access), using only these.
Json device_rules() {
    return Json::array({
        device_rule(false, nullptr, -1, -1, "rwm"), device_rule(true, "c", -1, -1, "m"),
        device_rule(true, "b", -1, -1, "m"), device_rule(true, "c", 1, 3, "rwm"), // null
        device_rule(true, "c", 1, 5, "rwm"),                                      // zero
        device_rule(true, "c", 1, 7, "rwm"),                                      // full
        device_rule(true, "c", 1, 8, "rwm"),                                      // random
        device_rule(true, "c", 1, 9, "rwm"),                                      // urandom
        device_rule(true, "c", 5, 0, "rwm"),                                      // tty
        device_rule(true, "c", 5, 1, "rwm"),                                      // console
        device_rule(true, "c", 5, 2, "rwm"),                                      // ptmx
        device_rule(true, "c", 136, -1, "rwm"),                                   // pts/*
    });
}

Json resources(const ContainerSpec& spec) {
    Json value{{"devices", device_rules()}};
    // As docker does: as much swap again as there is memory.
    if (spec.memory > 0) value["memory"] = {{"limit", spec.memory}, {"swap", spec.memory * 2}};
    if (spec.nano_cpus > 0)
        value["cpu"] = {{"quota", spec.nano_cpus * kCpuPeriod / 1'000'000'000}, {"period", kCpuPeriod}};
    if (spec.pids_limit > 0) value["pids"] = {{"limit", spec.pids_limit}};
    return value;
}

Json namespaces(bool own_network) {
    Json list = Json::array();
    for (const char* type : {"pid", "mount", "ipc", "uts", "cgroup"}) list.push_back({{"type", type}});
    if (own_network) list.push_back({{"type", "network"}});
    return list;
}

Json linux_part(const OciInput& input) {
    Json value{
        {"cgroupsPath", cat(input.cgroup_parent, "/", input.container_id)},
        {"namespaces", namespaces(input.own_network)},
        {"resources", resources(input.spec)},
        {"maskedPaths",
         {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
          "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
          "/sys/devices/virtual/powercap", "/sys/firmware"}},
        {"readonlyPaths", {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}},
    };
    // Inside its own network a container may use low ports and ping without being root, as docker allows it.
    if (input.own_network)
        value["sysctl"] = {{"net.ipv4.ip_unprivileged_port_start", "0"},
                           {"net.ipv4.ping_group_range", "0 2147483647"}};
    return value;
}

} // namespace

Result<std::string> oci_config(const OciInput& input) {
    RT_TRY_ASSIGN(const std::vector<std::string> capabilities,
                  effective_capabilities(input.spec.cap_add, input.spec.cap_drop));
    Json user{{"uid", 0}, {"gid", 0}};
    if (!input.plan.user.empty()) user["username"] = input.plan.user;
    const Json config{
        {"ociVersion", "1.2.0"},
        {"hostname", input.hostname},
        {"root", {{"path", "rootfs"}, {"readonly", input.spec.read_only}}},
        {"process",
         {{"terminal", input.spec.terminal},
          {"user", user},
          {"args", input.plan.arguments},
          {"env", input.plan.environment},
          {"cwd", input.plan.working_directory},
          {"capabilities",
           {{"bounding", capabilities}, {"effective", capabilities}, {"permitted", capabilities}}}}},
        {"mounts", mounts(input)},
        {"linux", linux_part(input)},
        {"annotations", {{"io.rt.seccomp", "default"}}},
    };
    return config.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace rt
