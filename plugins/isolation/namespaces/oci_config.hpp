// SPDX-License-Identifier: Apache-2.0
// The OCI runtime specification's config.json as plain structs: only what this driver implements. What it
// does not implement but the specification has is refused by name; keys that the specification does not know
// are ignored, as it demands. Values; no thread rules.
#pragma once

#include "system.hpp"

#include <rt/sdk/host.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::namespaces {

struct NamespaceSpec {
    std::string type;
    int flag = 0;     // CLONE_NEW*
    std::string path; // empty: a new one
};

struct IdMapping {
    std::uint32_t container = 0, host = 0, size = 0;
};

// Of a mount that shows files under other owners.
struct MountIds {
    std::vector<IdMapping> uids, gids; // of the file system to the host's; empty: those of the container
};

struct Rlimit {
    std::string name;
    int resource = 0;
    std::uint64_t soft = 0, hard = 0;
};

struct UserSpec {
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> additional_gids;
    std::vector<std::string> additional_groups; // names: resolved in the container's root
    std::string username; // "name", "name:group", "uid:group", "uid": resolved in the container's root
    std::optional<std::uint32_t> umask;
};

// Bit n is capability n. absent: the OCI object is missing, and the process gets none.
struct Capabilities {
    std::uint64_t bounding = 0, effective = 0, permitted = 0, inheritable = 0, ambient = 0;
};

struct ProcessSpec {
    bool terminal = false;
    std::uint16_t rows = 0, columns = 0;
    UserSpec user;
    std::vector<std::string> args, env;
    std::string cwd;
    Capabilities capabilities;
    std::vector<Rlimit> rlimits;
    bool no_new_privileges = false;
    std::optional<int> oom_score_adj;
    std::string apparmor_profile, selinux_label;
};

struct DeviceSpec {
    char type = 'c'; // c, b, p
    std::string path;
    unsigned major = 0, minor = 0, mode = 0666;
    std::uint32_t uid = 0, gid = 0;
};

struct DeviceRule {
    bool allow = false;
    char type = 'a'; // a, c, b
    std::optional<std::uint32_t> major, minor;
    bool read = false, write = false, mknod = false;
};

struct BlockRate {
    unsigned major = 0, minor = 0;
    std::uint64_t rate = 0;
};

struct Resources {
    std::vector<DeviceRule> devices;
    struct {
        std::optional<std::int64_t> limit, reservation, swap;
        std::optional<std::uint64_t> swappiness;
        bool disable_oom_killer = false;
    } memory;
    struct {
        std::optional<std::uint64_t> shares, period, burst;
        std::optional<std::int64_t> quota, realtime_runtime;
        std::optional<std::uint64_t> realtime_period;
        std::string cpus, mems;
    } cpu;
    std::optional<std::int64_t> pids_limit;
    struct {
        std::optional<unsigned> weight;
        std::vector<BlockRate> weights; // rate: the weight
        std::vector<BlockRate> read_bps, write_bps, read_iops, write_iops;
    } block;
    std::vector<std::pair<std::string, std::uint64_t>> hugepages; // page size ("2MB"), limit in bytes
    std::vector<std::pair<std::string, std::string>> unified;
};

enum class SeccompKind { none, builtin, custom };

struct Config {
    ProcessSpec process;
    std::string root_path;
    bool root_readonly = false;
    std::string hostname, domainname;
    std::vector<sdk::Mount> mounts;
    std::vector<MountIds> mount_ids; // of each of them
    std::vector<NamespaceSpec> namespaces;
    std::vector<IdMapping> uid_mappings, gid_mappings;
    std::vector<DeviceSpec> devices;
    Resources resources;
    std::string cgroups_path; // empty: /rt/<id>
    std::vector<std::pair<std::string, std::string>> sysctls;
    std::string rootfs_propagation;
    std::vector<std::string> masked_paths, readonly_paths;
    SeccompKind seccomp = SeccompKind::none;
    std::string seccomp_json; // custom only

    [[nodiscard]] const NamespaceSpec* find_namespace(int flag) const;
    [[nodiscard]] bool has_new(int flag) const; // a namespace of this kind of its own
};

Result<Config> parse_config(std::string_view json);
Result<ProcessSpec> parse_process(std::string_view json);
Result<Resources> parse_resources(std::string_view json); // linux.resources alone
// For destroy(): linux.cgroupsPath alone, "" when there is none.
Result<std::string> parse_cgroups_path(std::string_view json);

} // namespace rt::namespaces
