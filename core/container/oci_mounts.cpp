// SPDX-License-Identifier: Apache-2.0
#include "core/container/oci_parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt::oci {
namespace {

constexpr std::int64_t kShmSize = 64LL << 20U;
constexpr const char* kInitTarget = "/sbin/docker-init";

Json mount(const char* target, const char* type, const char* source, Json options) {
    return {{"destination", target}, {"type", type}, {"source", source}, {"options", std::move(options)}};
}

// The host's own, where its IPC namespace is shared.
Json shared(const char* target, const std::string& source) {
    return mount(target, "bind", source.c_str(), {"rbind", "rprivate", "nosuid", "noexec", "nodev"});
}

void add_ipc_mounts(const OciInput& input, Json& list) {
    const ContainerSpec& spec = input.spec;
    const bool of_host = spec.ipc_mode == "host";
    // It shows the namespace that it is mounted in: the host's where that is shared.
    list.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
    if (spec.ipc_mode == "none") return;
    const std::int64_t size = spec.shm_size > 0 ? spec.shm_size : kShmSize;
    if (of_host)
        list.push_back(shared("/dev/shm", "/dev/shm"));
    else if (!input.joined.shm.empty())
        list.push_back(shared("/dev/shm", input.joined.shm));
    else
        list.push_back(mount("/dev/shm", "tmpfs", "shm",
                             {"nosuid", "noexec", "nodev", "mode=1777", cat("size=", size / 1024, "k")}));
    note(input, "limit", "shm size", cat(size), spec.shm_size > 0 ? "flag --shm-size" : origin::kDefault);
}

Json default_mounts(const OciInput& input) {
    const char* const system = input.spec.privileged ? "rw" : "ro";
    Json list = Json::array({
        mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}),
        mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
        mount("/dev/pts", "devpts", "devpts",
              {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
        mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", system}),
        mount("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", system}),
    });
    add_ipc_mounts(input, list);
    return list;
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

// The files of a volume keep the owners that every container sees, as those of its layers do. A bind mount is
// the host's own and stays as it is.
Json user_mount(const OciInput& input, const MountSpec& wanted) {
    if (wanted.type == MountType::tmpfs)
        return mount(wanted.target.c_str(), "tmpfs", "tmpfs", tmpfs_options(wanted));
    Json options = bind_options(wanted);
    if (wanted.type == MountType::volume && input.ids.count > 0) options.push_back("idmap");
    return mount(wanted.target.c_str(), "bind", wanted.source.c_str(), std::move(options));
}

// What an option has changed of a default mount is the option's.
std::string_view origin_of_default(const OciInput& input, const std::string& target) {
    const ContainerSpec& spec = input.spec;
    const bool of_ipc = target == "/dev/shm" || target == "/dev/mqueue";
    if (of_ipc && (spec.ipc_mode == "host" || !input.joined.shm.empty())) return "flag --ipc";
    if (target == "/dev/shm" && spec.shm_size > 0) return "flag --shm-size";
    if (spec.privileged && target.starts_with("/sys")) return origin::kPrivileged;
    return origin::kDefault;
}

void note_mounts(const OciInput& input, const Json& list) {
    if (input.origins == nullptr) return;
    for (const Json& entry : list) {
        const auto target = entry["destination"].get<std::string>();
        const auto found = std::ranges::find(input.spec.mounts, target, &MountSpec::target);
        note(input, "mount", target, cat(entry["source"].get<std::string>(), " ", entry["options"].dump()),
             found != input.spec.mounts.end() ? origin_of(*found)
             : target == kInitTarget          ? "flag --init"
                                              : origin_of_default(input, target));
    }
}

} // namespace

std::string_view origin_of(const MountSpec& mount) {
    if (mount.long_form) return "flag --mount";
    return mount.type == MountType::tmpfs ? "flag --tmpfs" : "flag --volume";
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
    for (Json defaults = default_mounts(input); Json & entry : defaults) {
        const std::string target = entry["destination"];
        if (!is_taken(target) && !(own_dev && target.starts_with("/dev/"))) list.push_back(std::move(entry));
    }
    for (const char* name : {"resolv.conf", "hostname", "hosts"})
        if (const std::string target = cat("/etc/", name); !is_taken(target))
            wanted.push_back({.source = cat(input.bundle, "/", name), .target = target});
    if (!input.init_program.empty())
        wanted.push_back({.source = input.init_program, .target = kInitTarget, .read_only = true});
    std::ranges::stable_sort(wanted, {},
                             [](const MountSpec& mount) { return std::ranges::count(mount.target, '/'); });
    for (const MountSpec& mount : wanted) list.push_back(user_mount(input, mount));
    note_mounts(input, list);
    return list;
}

} // namespace rt::oci
