// SPDX-License-Identifier: Apache-2.0
// What a user asked for: plain values, stored as JSON in rt.db, so that a container can be made again exactly
// as it was. Nothing here is derived from the image, the host or a driver. There is a member for every field
// of docker's Config and HostConfig that has a meaning on Linux (docs/options.md; API v1.50), named as there.
// Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/container/mount_spec.hpp"
#include "core/container/restart_policy.hpp"
#include "core/network/port.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

using StringMap = std::map<std::string, std::string>;

// Times in ns; 0: the image's, or docker's default (30s, 30s, 0s, 5s).
struct Healthcheck {
    std::vector<std::string> test{}; // {"NONE"}, {"CMD", ...}, {"CMD-SHELL", LINE}; empty: the image's
    std::int64_t interval = 0, timeout = 0, start_period = 0, start_interval = 0;
    int retries = 0; // 0: the image's, or 3
    bool operator==(const Healthcheck&) const = default;
};

struct LogConfig {
    std::string type{}; // "json-file" or "none"; "": json-file
    StringMap config{}; // max-size, max-file, ...
    bool operator==(const LogConfig&) const = default;
};

struct Ulimit {
    std::string name{};              // "nofile"
    std::int64_t soft = 0, hard = 0; // -1: unlimited
    bool operator==(const Ulimit&) const = default;
};

struct DeviceMapping {
    std::string path_on_host{}, path_in_container{};
    std::string cgroup_permissions = "rwm";
    bool operator==(const DeviceMapping&) const = default;
};

struct WeightDevice {
    std::string path{}; // of a block device of the host
    int weight = 0;     // 10 to 1000
    bool operator==(const WeightDevice&) const = default;
};

struct ThrottleDevice {
    std::string path{};
    std::int64_t rate = 0; // bytes or operations a second
    bool operator==(const ThrottleDevice&) const = default;
};

// Its place in one network: docker's EndpointSettings.
struct EndpointSettings {
    std::string network{}; // name; "": that of the container
    std::vector<std::string> aliases{}, link_local_ips{};
    std::vector<std::string> links{};           // "CONTAINER[:NAME]"
    std::string ipv4_address{}, ipv6_address{}; // "": any
    std::string mac_address{};                  // "": that of the container, or any
    StringMap driver_opts{};
    int gw_priority = 0; // the highest has the default route
    bool operator==(const EndpointSettings&) const = default;
};

// In the order of themes: there are few of them at a time.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct ContainerSpec {
    std::string image;              // as the user gave it
    std::string name;               // "": one is made up
    std::string storage, isolation; // driver instances; "": the default
    std::string network;            // the first one's name, or "container:ID"; "": the default driver's

    // What runs
    std::optional<std::vector<std::string>> entrypoint; // given: replaces the image's (and its command)
    std::vector<std::string> command;                   // Cmd; empty: the image's
    std::vector<std::string> environment;               // Env: "KEY=value", or "KEY" to remove the image's
    std::string working_directory;
    std::string user; // "name|uid[:group|gid]"
    std::vector<std::string> group_add;
    std::string hostname, domainname;
    bool terminal = false; // Tty
    bool open_stdin = false;
    bool stdin_once = false;
    bool attach_stdin = false, attach_stdout = false, attach_stderr = false;
    int console_height = 0, console_width = 0; // ConsoleSize; 0: not known

    // Its life
    bool auto_remove = false;
    RestartPolicy restart_policy;
    std::string stop_signal;         // "": the image's, or SIGTERM
    std::optional<int> stop_timeout; // seconds; -1: for ever
    std::optional<bool> init;
    std::optional<Healthcheck> healthcheck;
    LogConfig log_config;
    std::string container_id_file;
    StringMap labels, annotations;

    // Files
    std::vector<MountSpec> mounts;         // Binds, Mounts, Tmpfs, Volumes
    std::vector<std::string> volumes_from; // "ID[:ro|rw]"
    std::string volume_driver;
    bool read_only = false;    // ReadonlyRootfs
    std::int64_t shm_size = 0; // bytes; 0: 64 MiB
    StringMap storage_opt;

    // Network
    std::vector<PublishedPort> ports;       // PortBindings
    std::vector<std::string> exposed_ports; // "80/tcp"
    bool publish_all_ports = false;
    bool network_disabled = false;
    std::string mac_address;                // in the network that it names first
    std::vector<EndpointSettings> networks; // EndpointsConfig; empty: only that of `network`, as it comes
    std::vector<std::string> links; // in the network that it names first; once it is made they are that one's
    std::vector<std::string> dns, dns_options, dns_search;
    std::vector<std::string> extra_hosts; // "name:address"; the address may be "host-gateway"

    // Limits
    std::int64_t memory = 0;             // bytes; 0: no limit
    std::int64_t memory_reservation = 0; // bytes
    std::int64_t memory_swap = 0;        // memory and swap together; 0: twice the memory; -1: no limit
    std::optional<int> memory_swappiness;
    bool oom_kill_disable = false;
    int oom_score_adj = 0;
    std::int64_t nano_cpus = 0;                                 // 10^-9 CPUs; 0: no limit
    std::int64_t cpu_shares = 0, cpu_period = 0, cpu_quota = 0; // microseconds
    std::int64_t cpu_realtime_period = 0, cpu_realtime_runtime = 0;
    std::string cpuset_cpus, cpuset_mems;
    std::int64_t pids_limit = 0; // 0: no limit
    int blkio_weight = 0;
    std::vector<WeightDevice> blkio_weight_device;
    std::vector<ThrottleDevice> blkio_device_read_bps, blkio_device_write_bps;
    std::vector<ThrottleDevice> blkio_device_read_iops, blkio_device_write_iops;
    std::vector<Ulimit> ulimits;
    std::string cgroup_parent;

    // Security
    bool privileged = false;
    std::vector<std::string> cap_add; // "NET_ADMIN", "CAP_NET_ADMIN" or "ALL"
    std::vector<std::string> cap_drop;
    std::vector<std::string> security_opt; // "no-new-privileges", "seccomp=unconfined", "label=type:x", ...
    std::string seccomp_profile;           // the text of the file that security_opt names
    std::vector<DeviceMapping> devices;
    std::vector<std::string> device_cgroup_rules; // "c 1:3 rwm"
    StringMap sysctls;
    std::optional<std::vector<std::string>> masked_paths, readonly_paths; // absent: docker's

    // Namespaces: "": one of its own; "host"; "container:ID"
    std::string pid_mode;
    std::string ipc_mode; // also "private", "shareable", "none"
    std::string uts_mode, userns_mode;
    std::string cgroupns_mode; // also "private"
};

Json to_json(const ContainerSpec& spec);
Result<ContainerSpec> spec_from_json(const std::string& text);

// Mounts alone, as JSON: where a container has others than its spec says (mount_resolve.hpp).
std::string mounts_to_text(const std::vector<MountSpec>& mounts);
Result<std::vector<MountSpec>> mounts_from_text(const std::string& text);

// A member of ContainerSpec: its key in the stored record and what it is called in docker's API
// ("HostConfig.Memory"; several, separated by spaces, where it takes in more; "": it is ours).
struct SpecField {
    std::string_view key;
    std::string_view docker;
};
const std::vector<SpecField>& spec_fields();

// What can be said without looking at the host: paths that are not absolute, unknown capabilities, numbers
// out of range, options that exclude each other. invalid_argument; unsupported for what rt cannot do, by
// name.
Result<void> validate(const ContainerSpec& spec);
Result<void> validate_endpoint_settings(const EndpointSettings& endpoint);
Result<void> validate_container_name(const std::string& name);

} // namespace rt
