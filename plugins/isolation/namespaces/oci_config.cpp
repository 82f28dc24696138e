// SPDX-License-Identifier: Apache-2.0
#include "oci_config.hpp"

#include "capabilities.hpp"
#include "json_reader.hpp"
#include "oci_resources.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

namespace rt::namespaces {
namespace {

using nlohmann::json;

constexpr std::size_t kLargestConfig = 4 << 20;

std::vector<std::uint32_t> parse_gids(const JsonReader& user) {
    std::vector<std::uint32_t> gids;
    user.for_each("additionalGids", [&](const json& item, const std::string& at) {
        gids.push_back(JsonReader::to_number<std::uint32_t>(item, at));
    });
    return gids;
}

UserSpec parse_user(const JsonReader& process) {
    UserSpec user;
    const auto reader = process.object("user");
    if (!reader) return user;
    user.uid = reader->number<std::uint32_t>("uid").value_or(0);
    user.gid = reader->number<std::uint32_t>("gid").value_or(0);
    user.umask = reader->number<std::uint32_t>("umask");
    if (user.umask.value_or(0) > 0777)
        refuse(reader->place("umask"), "is not a file mode mask (at most 511, octal 0777)");
    user.additional_gids = parse_gids(*reader);
    user.additional_groups = reader->texts("additionalGroups");
    user.username = reader->text("username");
    return user;
}

std::uint64_t parse_capability_set(const JsonReader& reader, const char* key) {
    std::uint64_t set = 0;
    for (const auto& name : reader.texts(key)) {
        const int number = capability_number(name);
        if (number < 0) refuse(reader.place(key), cat("names '", name, "', which is no capability"));
        set |= 1ULL << number;
    }
    return set;
}

Capabilities parse_capabilities(const JsonReader& process) {
    Capabilities out;
    const auto reader = process.object("capabilities");
    if (!reader) return out;
    out.bounding = parse_capability_set(*reader, "bounding");
    out.effective = parse_capability_set(*reader, "effective");
    out.permitted = parse_capability_set(*reader, "permitted");
    out.inheritable = parse_capability_set(*reader, "inheritable");
    out.ambient = parse_capability_set(*reader, "ambient");
    return out;
}

int rlimit_number(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, int>, 16> kNames{{
        {"RLIMIT_AS", RLIMIT_AS},
        {"RLIMIT_CORE", RLIMIT_CORE},
        {"RLIMIT_CPU", RLIMIT_CPU},
        {"RLIMIT_DATA", RLIMIT_DATA},
        {"RLIMIT_FSIZE", RLIMIT_FSIZE},
        {"RLIMIT_LOCKS", RLIMIT_LOCKS},
        {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
        {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
        {"RLIMIT_NICE", RLIMIT_NICE},
        {"RLIMIT_NOFILE", RLIMIT_NOFILE},
        {"RLIMIT_NPROC", RLIMIT_NPROC},
        {"RLIMIT_RSS", RLIMIT_RSS},
        {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
        {"RLIMIT_RTTIME", RLIMIT_RTTIME},
        {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
        {"RLIMIT_STACK", RLIMIT_STACK},
    }};
    const auto* found = std::ranges::find(kNames, name, &std::pair<std::string_view, int>::first);
    return found == kNames.end() ? -1 : found->second;
}

std::vector<Rlimit> parse_rlimits(const JsonReader& process) {
    std::vector<Rlimit> out;
    process.for_each("rlimits", [&](const json& item, const std::string& at) {
        const JsonReader reader(item, at);
        Rlimit limit{reader.text("type"), 0, reader.required<std::uint64_t>("soft"),
                     reader.required<std::uint64_t>("hard")};
        limit.resource = rlimit_number(limit.name);
        if (limit.resource < 0) refuse(at, cat("names '", limit.name, "', which is no resource limit"));
        if (limit.soft > limit.hard) refuse(at, "has a soft limit above its hard limit");
        if (std::ranges::find(out, limit.name, &Rlimit::name) != out.end()) refuse(at, "repeats a limit");
        out.push_back(std::move(limit));
    });
    return out;
}

ProcessSpec read_process(const JsonReader& reader) {
    for (const char* key : {"ioPriority", "scheduler", "execCPUAffinity"}) reader.refuse_if_set(key);
    ProcessSpec out;
    out.terminal = reader.flag("terminal");
    if (const auto size = reader.object("consoleSize"); size && out.terminal) {
        out.rows = size->required<std::uint16_t>("height");
        out.columns = size->required<std::uint16_t>("width");
    }
    out.user = parse_user(reader);
    out.args = reader.texts("args");
    out.env = reader.texts("env");
    out.cwd = reader.text("cwd");
    out.capabilities = parse_capabilities(reader);
    out.rlimits = parse_rlimits(reader);
    out.no_new_privileges = reader.flag("noNewPrivileges");
    out.oom_score_adj = reader.number<int>("oomScoreAdj");
    out.apparmor_profile = reader.text("apparmorProfile");
    out.selinux_label = reader.text("selinuxLabel");
    if (out.args.empty()) refuse(reader.place("args"), "is missing or empty: there is nothing to run");
    if (!out.cwd.starts_with('/')) refuse(reader.place("cwd"), "is not an absolute path");
    return out;
}

std::vector<IdMapping> parse_mappings(const JsonReader& object, const char* key) {
    std::vector<IdMapping> out;
    object.for_each(key, [&](const json& item, const std::string& at) {
        const JsonReader reader(item, at);
        out.push_back({reader.required<std::uint32_t>("containerID"),
                       reader.required<std::uint32_t>("hostID"), reader.required<std::uint32_t>("size")});
    });
    return out;
}

void parse_mounts(const JsonReader& root, Config& config) {
    root.for_each("mounts", [&](const json& item, const std::string& at) {
        const JsonReader reader(item, at);
        sdk::Mount mount{reader.text("type"), reader.text("source"), reader.text("destination"),
                         reader.texts("options")};
        if (!mount.target.starts_with('/')) refuse(reader.place("destination"), "is not an absolute path");
        MountIds ids{parse_mappings(reader, "uidMappings"), parse_mappings(reader, "gidMappings")};
        if (ids.uids.empty() != ids.gids.empty())
            refuse(at, "has one of 'uidMappings' and 'gidMappings': both are needed");
        // The mapping alone asks for it, as the specification has it.
        if (!ids.uids.empty()) mount.options.insert(mount.options.begin(), "idmap");
        config.mounts.push_back(std::move(mount));
        config.mount_ids.push_back(std::move(ids));
    });
}

int namespace_flag(std::string_view type) {
    static constexpr std::array<std::pair<std::string_view, int>, 7> kTypes{{{"pid", CLONE_NEWPID},
                                                                             {"network", CLONE_NEWNET},
                                                                             {"mount", CLONE_NEWNS},
                                                                             {"ipc", CLONE_NEWIPC},
                                                                             {"uts", CLONE_NEWUTS},
                                                                             {"user", CLONE_NEWUSER},
                                                                             {"cgroup", CLONE_NEWCGROUP}}};
    const auto* found = std::ranges::find(kTypes, type, &std::pair<std::string_view, int>::first);
    return found == kTypes.end() ? 0 : found->second;
}

void parse_namespaces(const JsonReader& linux_part, Config& config) {
    linux_part.for_each("namespaces", [&](const json& item, const std::string& at) {
        const JsonReader reader(item, at);
        NamespaceSpec spec{reader.text("type"), 0, reader.text("path")};
        spec.flag = namespace_flag(spec.type);
        if (spec.flag == 0)
            throw Refused(Code::unsupported,
                          cat("config.json: '", at, "' asks for a namespace of the type '", spec.type,
                              "', which the driver 'namespaces' does not implement"));
        if (!spec.path.empty() && (spec.flag == CLONE_NEWUSER || spec.flag == CLONE_NEWNS))
            throw Refused(Code::unsupported,
                          cat("config.json: '", at, ".path': joining an existing ", spec.type,
                              " namespace is not implemented by the driver 'namespaces'"));
        if (!spec.path.empty() && !spec.path.starts_with('/'))
            refuse(at + ".path", "is not an absolute path");
        if (config.find_namespace(spec.flag) != nullptr)
            refuse(at, cat("repeats the namespace type '", spec.type, "'"));
        config.namespaces.push_back(std::move(spec));
    });
    if (!config.has_new(CLONE_NEWNS))
        refuse("linux.namespaces", "has no mount namespace; this driver gives every container its own");
}

void parse_devices(const JsonReader& linux_part, Config& config) {
    linux_part.for_each("devices", [&](const json& item, const std::string& at) {
        const JsonReader reader(item, at);
        DeviceSpec device;
        const auto type = reader.text("type");
        if (type != "c" && type != "u" && type != "b" && type != "p")
            refuse(at + ".type", "is none of c, b, u, p");
        device.type = type == "u" ? 'c' : type[0];
        device.path = reader.text("path");
        if (!device.path.starts_with('/')) refuse(at + ".path", "is not an absolute path");
        if (device.type != 'p') {
            device.major = reader.required<std::uint32_t>("major");
            device.minor = reader.required<std::uint32_t>("minor");
        }
        device.mode = reader.number<std::uint32_t>("fileMode").value_or(0666) & 07777;
        device.uid = reader.number<std::uint32_t>("uid").value_or(0);
        device.gid = reader.number<std::uint32_t>("gid").value_or(0);
        config.devices.push_back(std::move(device));
    });
}

void parse_sysctls(const JsonReader& linux_part, Config& config) {
    const auto* sysctls = linux_part.find("sysctl");
    if (sysctls == nullptr) return;
    if (!sysctls->is_object()) refuse("linux.sysctl", "is not an object");
    for (const auto& [key, value] : sysctls->items())
        config.sysctls.emplace_back(key, JsonReader::to_text(value, "linux.sysctl." + key));
}

void check_user_namespace(const Config& config) {
    const bool mapped = !config.uid_mappings.empty() || !config.gid_mappings.empty();
    if (config.has_new(CLONE_NEWUSER) && (config.uid_mappings.empty() || config.gid_mappings.empty()))
        refuse("linux.uidMappings", "and 'linux.gidMappings' are both needed for a user namespace");
    if (mapped && !config.has_new(CLONE_NEWUSER))
        refuse("linux.uidMappings", "is given, but 'linux.namespaces' has no new user namespace");
}

void parse_linux(const JsonReader& root, Config& config) {
    const auto reader = root.object("linux");
    if (!reader) refuse("linux", "is missing");
    for (const char* key :
         {"intelRdt", "personality", "timeOffsets", "netDevices", "memoryPolicy", "mountLabel"})
        reader->refuse_if_set(key);
    parse_namespaces(*reader, config);
    config.uid_mappings = parse_mappings(*reader, "uidMappings");
    config.gid_mappings = parse_mappings(*reader, "gidMappings");
    check_user_namespace(config);
    parse_devices(*reader, config);
    if (const auto resources = reader->object("resources")) config.resources = parse_resources(*resources);
    config.cgroups_path = reader->text("cgroupsPath");
    parse_sysctls(*reader, config);
    config.rootfs_propagation = reader->text("rootfsPropagation");
    config.masked_paths = reader->texts("maskedPaths");
    config.readonly_paths = reader->texts("readonlyPaths");
    if (const auto* seccomp = reader->find("seccomp")) {
        config.seccomp = SeccompKind::custom;
        config.seccomp_json = seccomp->dump();
    }
}

void parse_annotations(const JsonReader& root, Config& config) {
    const auto annotations = root.object("annotations");
    if (!annotations) return;
    const auto profile = annotations->text("io.rt.seccomp");
    if (profile.empty()) return;
    if (profile != "default")
        refuse("annotations.io.rt.seccomp", cat("is '", profile, "'; the only value is 'default'"));
    if (config.seccomp == SeccompKind::custom)
        refuse("annotations.io.rt.seccomp", "and 'linux.seccomp' are both given; give one of them");
    config.seccomp = SeccompKind::builtin;
}

Config read_config(const JsonReader& root) {
    for (const char* key : {"hooks", "solaris", "windows", "vm", "zos", "freebsd"}) root.refuse_if_set(key);
    Config config;
    const auto version = root.text("ociVersion");
    if (!version.starts_with("1.")) refuse("ociVersion", cat("is '", version, "'; this driver reads 1.x"));
    const auto process = root.object("process");
    if (!process) refuse("process", "is missing");
    config.process = read_process(*process);
    if (const auto rootfs = root.object("root")) {
        config.root_path = rootfs->text("path");
        config.root_readonly = rootfs->flag("readonly");
    }
    if (config.root_path.empty()) refuse("root.path", "is missing");
    config.hostname = root.text("hostname");
    config.domainname = root.text("domainname");
    parse_mounts(root, config);
    parse_linux(root, config);
    parse_annotations(root, config);
    if (!config.hostname.empty() && !config.has_new(CLONE_NEWUTS))
        refuse("hostname", "is given, but 'linux.namespaces' has no new uts namespace");
    if (!config.domainname.empty() && !config.has_new(CLONE_NEWUTS))
        refuse("domainname", "is given, but 'linux.namespaces' has no new uts namespace");
    return config;
}

// Parses text and runs read(json), with every failure as an Error.
template <class Read>
auto parsed(std::string_view text, Read&& read) -> Result<decltype(read(std::declval<const json&>()))> {
    if (text.size() > kLargestConfig) return fail(Code::invalid_argument, "config.json is larger than 4 MiB");
    try {
        return read(json::parse(text));
    } catch (const Refused& refused) {
        return fail(refused.code, refused.what());
    } catch (const json::exception& exception) {
        return fail(Code::invalid_argument, "config.json is not valid: ", exception.what());
    }
}

} // namespace

const NamespaceSpec* Config::find_namespace(int flag) const {
    const auto found = std::ranges::find(namespaces, flag, &NamespaceSpec::flag);
    return found == namespaces.end() ? nullptr : &*found;
}

bool Config::has_new(int flag) const {
    const auto* found = find_namespace(flag);
    return found != nullptr && found->path.empty();
}

Result<Config> parse_config(std::string_view text) {
    return parsed(text, [](const json& value) { return read_config(JsonReader(value, "")); });
}

Result<ProcessSpec> parse_process(std::string_view text) {
    return parsed(text, [](const json& value) { return read_process(JsonReader(value, "process")); });
}

Result<Resources> parse_resources(std::string_view text) {
    return parsed(text,
                  [](const json& value) { return parse_resources(JsonReader(value, "linux.resources")); });
}

Result<std::string> parse_cgroups_path(std::string_view text) {
    return parsed(text, [](const json& value) {
        const auto linux_part = JsonReader(value, "").object("linux");
        return linux_part ? linux_part->text("cgroupsPath") : std::string();
    });
}

} // namespace rt::namespaces
