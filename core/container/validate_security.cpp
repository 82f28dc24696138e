// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"
#include "core/container/capabilities.hpp"
#include "core/container/option_values.hpp"
#include "core/container/seccomp_profile.hpp"
#include "core/container/security_options.hpp"
#include "core/container/spec_validate_parts.hpp"

#include <algorithm>
#include <array>

namespace rt {
namespace {

constexpr std::array<std::string_view, 8> kIpcSysctls{
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
    "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"};

bool is_ipc_sysctl(const std::string& key) {
    return key.starts_with("fs.mqueue.") || std::ranges::find(kIpcSysctls, key) != kIpcSysctls.end();
}

Result<void> validate_sysctls(const ContainerSpec& spec) {
    for (const auto& [key, value] : spec.sysctls) {
        RT_TRY(validate_sysctl(key));
        if (spec.ipc_mode == "host" && is_ipc_sysctl(key))
            return fail(Code::invalid_argument, "sysctl '", key,
                        "' would change the host's, since --ipc host shares its namespace");
        if (value.find('\n') != std::string::npos)
            return fail(Code::invalid_argument, "sysctl '", key, "': the value has a line break in it");
    }
    return {};
}

struct ModeRule {
    const char* option;
    const std::string& mode;
    std::vector<std::string_view> words;
    bool of_container;
};

Result<void> validate_mode(const ModeRule& rule) {
    if (rule.mode.empty() || std::ranges::find(rule.words, rule.mode) != rule.words.end()) return {};
    if (rule.of_container && rule.mode.starts_with("container:") && rule.mode.size() > 10) return {};
    return fail(Code::invalid_argument, rule.option, " '", rule.mode, "' is not one of ",
                joined(rule.words, ", "), rule.of_container ? ", container:NAME" : "");
}

// What belongs to others cannot be had with users of one's own. Docker's words, where it has them.
Result<void> validate_user_namespace(const ContainerSpec& spec) {
    if (spec.privileged)
        return fail(Code::invalid_argument,
                    "privileged mode is incompatible with user namespaces: you must run the container in the "
                    "host namespace when running privileged mode (--userns host)");
    if (spec.pid_mode == "host" || spec.network == "host")
        return fail(Code::invalid_argument, "cannot share the host's ",
                    spec.pid_mode == "host" ? "PID" : "network",
                    " namespace when user namespaces are enabled");
    for (const std::string* mode : {&spec.network, &spec.pid_mode, &spec.ipc_mode})
        if (mode->starts_with("container:"))
            return fail(Code::invalid_argument, "cannot share the namespaces of '", *mode,
                        "' when user namespaces are enabled: they belong to other users");
    for (const MountSpec& mount : spec.mounts)
        if (mount.propagation.ends_with("shared"))
            return fail(
                Code::invalid_argument, "mount ", show(mount), ": ", mount.propagation,
                " and user namespaces exclude each other: what is mounted in one reaches nobody else");
    return {};
}

Result<void> validate_modes(const ContainerSpec& spec) {
    RT_TRY(validate_mode({"--pid", spec.pid_mode, {"host"}, true}));
    RT_TRY(validate_mode({"--ipc", spec.ipc_mode, {"host", "private", "shareable", "none"}, true}));
    RT_TRY(validate_mode({"--uts", spec.uts_mode, {"host"}, false}));
    RT_TRY(validate_mode({"--userns", spec.userns_mode, {"host", "private"}, false}));
    RT_TRY(validate_mode({"--cgroupns", spec.cgroupns_mode, {"host", "private"}, false}));
    if (spec.userns_mode == "private") RT_TRY(validate_user_namespace(spec));
    if (spec.uts_mode == "host" && !(spec.hostname.empty() && spec.domainname.empty()))
        return fail(Code::invalid_argument,
                    "--uts host excludes --hostname and --domainname: they would be the host's");
    return {};
}

} // namespace

Result<void> validate_sysctl(const std::string& key) {
    const bool plain = std::ranges::all_of(key, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == '/';
    });
    const bool own = key.starts_with("net.") || (!key.empty() && is_ipc_sysctl(key));
    if (plain && own && key.find("..") == std::string::npos) return {};
    return fail(Code::invalid_argument, "sysctl '", key,
                "' cannot be set for a container: only net.*, fs.mqueue.* and those of IPC have a value for "
                "each namespace");
}

Result<void> validate_security(const ContainerSpec& spec) {
    for (const auto* names : {&spec.cap_add, &spec.cap_drop})
        for (const std::string& name : *names) RT_TRY(canonical_capability(name));
    RT_TRY_ASSIGN(const SecurityOptions options, parse_security_options(spec.security_opt));
    if (options.seccomp == SeccompChoice::profile) RT_TRY(check_seccomp_profile(spec.seccomp_profile));
    for (const DeviceMapping& device : spec.devices)
        RT_TRY(parse_device(
            cat(device.path_on_host, ":", device.path_in_container, ":", device.cgroup_permissions)));
    for (const std::string& rule : spec.device_cgroup_rules)
        if (!is_device_rule(rule))
            return fail(Code::invalid_argument, "device rule '", rule,
                        "' is not of the form TYPE MAJOR:MINOR rwm, as in 'c 10:229 rwm' or 'b 8:* r'");
    for (const auto* paths : {&spec.masked_paths, &spec.readonly_paths})
        if (*paths)
            for (const std::string& path : **paths)
                if (!path.starts_with('/'))
                    return fail(Code::invalid_argument, "'", path,
                                "' is not an absolute path to hide or protect");
    RT_TRY(validate_sysctls(spec));
    return validate_modes(spec);
}

} // namespace rt
