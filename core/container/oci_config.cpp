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
using Words = std::vector<std::string>;

constexpr const char* kOciVersion = "1.2.0";

Result<std::vector<std::string>> capabilities(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    const std::vector<std::string> all{"ALL"};
    RT_TRY_ASSIGN(auto names,
                  effective_capabilities(spec.privileged ? all : spec.cap_add,
                                         spec.privileged ? std::vector<std::string>() : spec.cap_drop));
    if (input.origins == nullptr) return names;
    RT_TRY_ASSIGN(const auto defaults, effective_capabilities({}, {}));
    RT_TRY_ASSIGN(const auto kept, effective_capabilities({}, spec.privileged ? Words() : spec.cap_drop));
    for (const std::string& name : names)
        note(input, "capability", name, "given",
             std::ranges::binary_search(kept, name) ? origin::kDefault
             : spec.privileged                      ? origin::kPrivileged
                                                    : "flag --cap-add");
    for (const std::string& name : defaults)
        if (!std::ranges::binary_search(names, name))
            note(input, "capability", name, "taken away", "flag --cap-drop");
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
    // Of nobody in particular: root. Its primary group belongs to the additional ones, or programs could shed
    // it (CVE-2022-36109); of a user by name the driver sees to that.
    if (input.plan.user.empty() && !input.spec.group_add.empty()) user["additionalGids"].push_back(0);
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
    if (input.init_program.empty()) return words;
    words.insert(words.begin(), {"/sbin/docker-init", "--"});
    note(input, "process", "init", input.init_program, "flag --init");
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
    note(input, "process", "terminal", input.spec.terminal ? "true" : "false",
         input.spec.terminal ? "flag --tty" : origin::kDefault);
    if (input.spec.terminal && input.spec.console_height > 0) {
        process["consoleSize"] = {{"height", input.spec.console_height}, {"width", input.spec.console_width}};
        note(input, "process", "console size",
             cat(input.spec.console_height, " lines of ", input.spec.console_width),
             "the terminal of the client");
    }
    add_security(input, options, process);
    return process;
}

std::string cgroups_path(const OciInput& input) {
    std::string path = cgroup_path_of(input.spec, input.cgroup_parent, input.container_id);
    note(input, "limit", "cgroup", path,
         input.spec.cgroup_parent.empty() ? "wiring /cgroup_parent" : "flag --cgroup-parent");
    return path;
}

// With a mount that is to pass mounts on, those above it have to be open for that.
std::string rootfs_propagation(const OciInput& input) {
    std::string result;
    const MountSpec* because = nullptr;
    for (const MountSpec& mount : input.spec.mounts) {
        const bool shared = mount.propagation.ends_with("shared");
        if (!shared && !mount.propagation.ends_with("slave")) continue;
        because = &mount;
        result = shared ? "shared" : "rslave";
        if (shared) break;
    }
    if (because != nullptr) note(input, "root file system", "propagation", result, oci::origin_of(*because));
    return result;
}

Json id_mapping(const OciInput& input) {
    const IdRange& ids = input.ids;
    note(input, "namespace", "ids", cat(ids.count, " from ", ids.first), "flag --userns");
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
    if (const std::string word = rootfs_propagation(input); !word.empty()) value["rootfsPropagation"] = word;
    if (input.ids.count > 0) value["uidMappings"] = value["gidMappings"] = id_mapping(input);
    return value;
}

// What stands at the top of the document.
void note_document(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    note(input, "document", "ociVersion", kOciVersion, origin::kDefault);
    note(input, "root file system", "layers", "rootfs", "storage");
    note(input, "root file system", "read-only", spec.read_only ? "true" : "false",
         spec.read_only ? "flag --read-only" : origin::kDefault);
    note(input, "name", "hostname", input.hostname,
         !spec.hostname.empty()    ? "flag --hostname"
         : spec.uts_mode == "host" ? "flag --uts"
                                   : origin::kDefault);
    if (!spec.domainname.empty()) note(input, "name", "domainname", spec.domainname, "flag --domainname");
    for (const auto& [key, value] : spec.annotations)
        note(input, "annotation", key, value, "flag --annotation");
}

} // namespace

std::string cgroup_path_of(const ContainerSpec& spec, const std::string& parent,
                           const std::string& container_id) {
    const std::string& above = spec.cgroup_parent.empty() ? parent : spec.cgroup_parent;
    return normal_path(cat(above.starts_with('/') ? "" : "/", above, "/", container_id));
}

Result<std::string> oci_config(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    RT_TRY_ASSIGN(const SecurityOptions options, parse_security_options(spec.security_opt));
    if (input.origins != nullptr) note_document(input);
    RT_TRY_ASSIGN(Json process, process_part(input, options));
    Json config{{"ociVersion", kOciVersion},     {"root", {{"path", "rootfs"}, {"readonly", spec.read_only}}},
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
