// SPDX-License-Identifier: Apache-2.0
// HostConfig, with docker's defaults where the user has said nothing: null, [] and {} are each what docker's
// own client and server make of that.
#include "core/api/container_json.hpp"
#include "core/api/parts.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/security_options.hpp"

#include <algorithm>

namespace rt::api {
namespace {

constexpr std::int64_t kShmSize = 64LL << 20U; // bytes

Json throttles(const std::vector<ThrottleDevice>& devices) {
    Json list = Json::array();
    for (const ThrottleDevice& device : devices)
        list.push_back({{"Path", device.path}, {"Rate", device.rate}});
    return list;
}

void add_mounts(const ContainerSpec& spec, Json& value) {
    std::vector<std::string> binds;
    Json mounts = Json::array();
    StringMap tmpfs;
    for (const MountSpec& mount : spec.mounts) {
        if (mount.long_form) {
            mounts.push_back(mount_json(mount));
        } else if (mount.type == MountType::tmpfs) {
            std::string& options = tmpfs[mount.target];
            for (const std::string& option : mount.tmpfs_options)
                options += (options.empty() ? "" : ",") + option;
        } else if (!mount.source.empty()) { // else an anonymous volume: Config.Volumes
            binds.push_back(bind_text(mount));
        }
    }
    value["Binds"] = or_null(binds);
    set_unless_empty(value, "Mounts", mounts);
    set_unless_empty(value, "Tmpfs", tmpfs);
}

void add_files(const ContainerSpec& spec, Json& value) {
    add_mounts(spec, value);
    value["VolumesFrom"] = or_null(spec.volumes_from);
    value["VolumeDriver"] = spec.volume_driver;
    value["ReadonlyRootfs"] = spec.read_only;
    value["ShmSize"] = spec.shm_size > 0 ? spec.shm_size : kShmSize;
    set_unless_empty(value, "StorageOpt", spec.storage_opt);
    value["MaskedPaths"] = or_null(masked_paths_of(spec));
    value["ReadonlyPaths"] = or_null(readonly_paths_of(spec));
    // Given by the user as an empty list, they are one.
    if (spec.masked_paths && spec.masked_paths->empty()) value["MaskedPaths"] = Json::array();
    if (spec.readonly_paths && spec.readonly_paths->empty()) value["ReadonlyPaths"] = Json::array();
}

void add_life(const ContainerSpec& spec, Json& value) {
    value["ContainerIDFile"] = spec.container_id_file;
    value["LogConfig"] = {{"Type", spec.log_config.type.empty() ? "json-file" : spec.log_config.type},
                          {"Config", spec.log_config.config}};
    value["RestartPolicy"] = {{"Name", spec.restart_policy.name},
                              {"MaximumRetryCount", spec.restart_policy.maximum_retry_count}};
    value["AutoRemove"] = spec.auto_remove;
    value["ConsoleSize"] = {spec.console_height, spec.console_width};
    set_unless_empty(value, "Annotations", spec.annotations);
    if (spec.init) value["Init"] = *spec.init;
}

void add_network(const ContainerSpec& spec, Json& value) {
    std::vector<PublishedPort> asked = spec.ports;
    for (PublishedPort& port : asked)
        if (port.host_ip == "0.0.0.0") port.host_ip.clear(); // any: as it is when none is given
    value["PortBindings"] = port_map(asked);
    value["PublishAllPorts"] = spec.publish_all_ports;
    value["Dns"] = spec.dns;
    value["DnsOptions"] = spec.dns_options;
    value["DnsSearch"] = spec.dns_search;
    value["ExtraHosts"] = or_null(spec.extra_hosts);
    value["Links"] = or_null(spec.links);
}

void add_memory(const ContainerSpec& spec, Json& value) {
    value["Memory"] = spec.memory;
    value["MemoryReservation"] = spec.memory_reservation;
    value["MemorySwap"] = spec.memory_swap == 0 ? spec.memory * 2 : spec.memory_swap;
    value["MemorySwappiness"] = spec.memory_swappiness ? Json(*spec.memory_swappiness) : Json();
    value["OomKillDisable"] = spec.oom_kill_disable;
    value["OomScoreAdj"] = spec.oom_score_adj;
    value["PidsLimit"] = spec.pids_limit > 0 ? Json(spec.pids_limit) : Json();
}

void add_cpu(const ContainerSpec& spec, Json& value) {
    value["NanoCpus"] = spec.nano_cpus;
    value["CpuShares"] = spec.cpu_shares;
    value["CpuPeriod"] = spec.cpu_period;
    value["CpuQuota"] = spec.cpu_quota;
    value["CpuRealtimePeriod"] = spec.cpu_realtime_period;
    value["CpuRealtimeRuntime"] = spec.cpu_realtime_runtime;
    value["CpusetCpus"] = spec.cpuset_cpus;
    value["CpusetMems"] = spec.cpuset_mems;
    // Of Windows, and there in every answer of docker.
    for (const char* key : {"CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth"}) value[key] = 0;
}

void add_block_io(const ContainerSpec& spec, Json& value) {
    value["BlkioWeight"] = spec.blkio_weight;
    value["BlkioWeightDevice"] = Json::array();
    for (const WeightDevice& device : spec.blkio_weight_device)
        value["BlkioWeightDevice"].push_back({{"Path", device.path}, {"Weight", device.weight}});
    value["BlkioDeviceReadBps"] = throttles(spec.blkio_device_read_bps);
    value["BlkioDeviceWriteBps"] = throttles(spec.blkio_device_write_bps);
    value["BlkioDeviceReadIOps"] = throttles(spec.blkio_device_read_iops);
    value["BlkioDeviceWriteIOps"] = throttles(spec.blkio_device_write_iops);
}

void add_devices(const ContainerSpec& spec, Json& value) {
    value["Devices"] = Json::array();
    for (const DeviceMapping& device : spec.devices)
        value["Devices"].push_back({{"PathOnHost", device.path_on_host},
                                    {"PathInContainer", device.path_in_container},
                                    {"CgroupPermissions", device.cgroup_permissions}});
    value["DeviceCgroupRules"] = or_null(spec.device_cgroup_rules);
    value["DeviceRequests"] = Json();
    value["Ulimits"] = Json::array();
    for (const Ulimit& limit : spec.ulimits)
        value["Ulimits"].push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
    value["CgroupParent"] = spec.cgroup_parent;
}

// As docker keeps them: a seccomp profile as its text, systempaths as the two lists of paths, and labels
// switched off where the host's processes or all of its rights are shared.
std::vector<std::string> security_options(const ContainerSpec& spec) {
    std::vector<std::string> options;
    bool labelled = false;
    for (const std::string& option : spec.security_opt) {
        const std::string key = option.substr(0, option.find_first_of("=:"));
        labelled = labelled || key == "label";
        if (key == "systempaths") continue;
        const bool named = key == "seccomp" && !spec.seccomp_profile.empty() &&
                           option != "seccomp=unconfined" && option != "seccomp=builtin";
        const Json profile = named ? Json::parse(spec.seccomp_profile, nullptr, false) : Json();
        options.push_back(profile.is_object()
                              ? cat("seccomp=", profile.dump(-1, ' ', false, Json::error_handler_t::replace))
                              : option);
    }
    if (!labelled && (spec.privileged || spec.pid_mode == "host" || spec.ipc_mode == "host"))
        options.emplace_back("label=disable");
    return options;
}

void add_security(const ContainerSpec& spec, Json& value) {
    value["Privileged"] = spec.privileged;
    value["CapAdd"] = or_null(spec.cap_add);
    value["CapDrop"] = or_null(spec.cap_drop);
    value["GroupAdd"] = or_null(spec.group_add);
    value["SecurityOpt"] = or_null(security_options(spec));
    set_unless_empty(value, "Sysctls", spec.sysctls);
    value["PidMode"] = spec.pid_mode;
    value["IpcMode"] = spec.ipc_mode.empty() ? "private" : spec.ipc_mode;
    value["UTSMode"] = spec.uts_mode;
    value["UsernsMode"] = spec.userns_mode;
    value["CgroupnsMode"] = spec.cgroupns_mode.empty() ? "private" : spec.cgroupns_mode;
    value["Cgroup"] = ""; // docker itself does not use it
    value["Isolation"] = "";
}

} // namespace

Json host_config_json(const ContainerSpec& spec, const Container& record) {
    Json value{{"NetworkMode", record.network}, {"Runtime", record.isolation}};
    add_files(spec, value);
    add_life(spec, value);
    add_network(spec, value);
    add_memory(spec, value);
    add_cpu(spec, value);
    add_block_io(spec, value);
    add_devices(spec, value);
    add_security(spec, value);
    return value;
}

} // namespace rt::api
