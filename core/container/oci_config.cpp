// SPDX-License-Identifier: Apache-2.0
#include "core/container/oci_config.hpp"

#include "core/container/capabilities.hpp"
#include "core/container/oci_parts.hpp"
#include "core/container/seccomp_profile.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace rt {
namespace {

using oci::note;

Result<std::vector<std::string>> capabilities(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    const std::vector<std::string> all{"ALL"};
    RT_TRY_ASSIGN(auto names,
                  effective_capabilities(spec.privileged ? all : spec.cap_add,
                                         spec.privileged ? std::vector<std::string>() : spec.cap_drop));
    if (input.origins == nullptr) return names;
    RT_TRY_ASSIGN(const auto defaults, effective_capabilities({}, {}));
    for (const std::string& name : names) {
        const bool by_default = std::ranges::binary_search(defaults, name);
        note(input, "capability", name, "",
             by_default        ? origin::kDefault
             : spec.privileged ? origin::kPrivileged
                               : "flag --cap-add");
    }
    return names;
}

std::uint64_t rlimit(std::int64_t value) {
    return value < 0 ? UINT64_MAX : static_cast<std::uint64_t>(value);
}

Json rlimits(const OciInput& input) {
    Json list = Json::array();
    for (const Ulimit& limit : input.spec.ulimits) {
        std::string name = limit.name;
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
        list.push_back(
            {{"type", cat("RLIMIT_", name)}, {"soft", rlimit(limit.soft)}, {"hard", rlimit(limit.hard)}});
        note(input, "limit", cat("ulimit ", limit.name), cat(limit.soft, ":", limit.hard), "flag --ulimit");
    }
    return list;
}

// What is no number is a name, which only the container's own files know.
void add_groups(const OciInput& input, Json& user) {
    for (const std::string& group : input.spec.group_add) {
        std::uint32_t number = 0;
        const char* const last = group.data() + group.size();
        const auto parsed = std::from_chars(group.data(), last, number);
        if (parsed.ec == std::errc() && parsed.ptr == last)
            user["additionalGids"].push_back(number);
        else
            user["additionalGroups"].push_back(group);
        note(input, "process", cat("group ", group), "", "flag --group-add");
    }
}

std::vector<std::string> arguments(const OciInput& input) {
    std::vector<std::string> words = input.plan.arguments;
    if (!input.init_program.empty()) words.insert(words.begin(), {"/sbin/docker-init", "--"});
    return words;
}

void add_security(const OciInput& input, const SecurityOptions& options, Json& process) {
    process["noNewPrivileges"] = options.no_new_privileges;
    note(input, "security", "no new privileges", options.no_new_privileges ? "true" : "false",
         options.no_new_privileges ? "flag --security-opt" : origin::kDefault);
    // "unconfined" is what a process is that no profile is set for.
    if (!options.apparmor.empty() && options.apparmor != "unconfined") {
        process["apparmorProfile"] = options.apparmor;
        note(input, "security", "apparmor profile", options.apparmor, "flag --security-opt");
    }
    if (const std::string label = selinux_label(options); !label.empty()) {
        process["selinuxLabel"] = label;
        note(input, "security", "selinux label", label, "flag --security-opt");
    }
}

Result<Json> process_part(const OciInput& input, const SecurityOptions& options) {
    RT_TRY_ASSIGN(const std::vector<std::string> names, capabilities(input));
    Json user{{"uid", 0}, {"gid", 0}};
    if (!input.plan.user.empty()) user["username"] = input.plan.user;
    add_groups(input, user);
    Json process{{"terminal", input.spec.terminal},
                 {"user", user},
                 {"args", arguments(input)},
                 {"env", input.plan.environment},
                 {"cwd", input.plan.working_directory},
                 {"capabilities", {{"bounding", names}, {"effective", names}, {"permitted", names}}}};
    if (!input.spec.ulimits.empty()) process["rlimits"] = rlimits(input);
    if (input.spec.oom_score_adj != 0) {
        process["oomScoreAdj"] = input.spec.oom_score_adj;
        note(input, "limit", "oom score adjustment", cat(input.spec.oom_score_adj), "flag --oom-score-adj");
    }
    if (input.spec.terminal && input.spec.console_height > 0)
        process["consoleSize"] = {{"height", input.spec.console_height}, {"width", input.spec.console_width}};
    add_security(input, options, process);
    return process;
}

std::string cgroups_path(const OciInput& input) {
    std::string parent = input.spec.cgroup_parent.empty() ? input.cgroup_parent : input.spec.cgroup_parent;
    if (!parent.starts_with('/')) parent.insert(0, "/");
    std::string path = normal_path(cat(parent, "/", input.container_id));
    note(input, "limit", "cgroup", path,
         input.spec.cgroup_parent.empty() ? "wiring" : "flag --cgroup-parent");
    return path;
}

// With a mount that is to pass mounts on, those above it have to be open for that.
std::string rootfs_propagation(const ContainerSpec& spec) {
    std::string result;
    for (const MountSpec& mount : spec.mounts) {
        if (mount.propagation.ends_with("shared")) return "shared";
        if (mount.propagation.ends_with("slave")) result = "rslave";
    }
    return result;
}

Json id_mapping(const IdRange& ids) {
    return Json::array({{{"containerID", 0}, {"hostID", ids.first}, {"size", ids.count}}});
}

Result<void> add_seccomp(const OciInput& input, const SecurityOptions& options, Json& config) {
    const bool filtered = options.seccomp != SeccompChoice::unconfined &&
                          !(input.spec.privileged && options.seccomp == SeccompChoice::builtin);
    note(input, "security", "seccomp",
         options.seccomp == SeccompChoice::profile ? "profile"
         : filtered                                ? "builtin"
                                                   : "unconfined",
         options.seccomp != SeccompChoice::builtin ? "flag --security-opt"
         : filtered                                ? origin::kDefault
                                                   : origin::kPrivileged);
    if (!filtered) return {};
    if (options.seccomp == SeccompChoice::builtin) {
        config["annotations"]["io.rt.seccomp"] = "default";
        return {};
    }
    SeccompTarget target{input.host.architecture, input.host.kernel, {}};
    config["process"]["capabilities"]["bounding"].get_to(target.capabilities);
    RT_TRY_ASSIGN(config["linux"]["seccomp"], seccomp_for(input.spec.seccomp_profile, target));
    return {};
}

Json linux_part(const OciInput& input) {
    Json value{{"cgroupsPath", cgroups_path(input)},
               {"namespaces", oci::namespaces(input)},
               {"resources", oci::resources(input)},
               {"maskedPaths", oci::masked_paths(input)},
               {"readonlyPaths", oci::readonly_paths(input)}};
    if (!input.host.devices.empty()) value["devices"] = oci::devices(input);
    if (Json sysctls = oci::sysctls(input); !sysctls.empty()) value["sysctl"] = std::move(sysctls);
    if (const std::string word = rootfs_propagation(input.spec); !word.empty())
        value["rootfsPropagation"] = word;
    if (input.ids.count > 0) value["uidMappings"] = value["gidMappings"] = id_mapping(input.ids);
    return value;
}

} // namespace

Result<std::string> oci_config(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    RT_TRY_ASSIGN(const SecurityOptions options, parse_security_options(spec.security_opt));
    RT_TRY_ASSIGN(Json process, process_part(input, options));
    Json config{{"ociVersion", "1.2.0"},         {"root", {{"path", "rootfs"}, {"readonly", spec.read_only}}},
                {"process", std::move(process)}, {"mounts", oci::mounts(input)},
                {"linux", linux_part(input)},    {"annotations", spec.annotations}};
    if (spec.uts_mode != "host") {
        config["hostname"] = input.hostname;
        if (!spec.domainname.empty()) config["domainname"] = spec.domainname;
    }
    RT_TRY(add_seccomp(input, options, config));
    return config.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace rt
