// SPDX-License-Identifier: Apache-2.0
// What docker calls Resources: in HostConfig, and of an update.
#include "tools/rtd/models/container_request.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

void read_throttles(ObjectReader& host, const char* key, std::vector<ThrottleDevice>& devices) {
    host.objects(key, [&](ObjectReader& in) {
        ThrottleDevice device;
        in.text("Path", device.path);
        in.number("Rate", device.rate);
        devices.push_back(std::move(device));
    });
}

void read_devices(ObjectReader& host, ContainerSpec& spec) {
    host.objects("Devices", [&](ObjectReader& in) {
        DeviceMapping device;
        in.text("PathOnHost", device.path_on_host);
        in.text("PathInContainer", device.path_in_container);
        in.text("CgroupPermissions", device.cgroup_permissions);
        if (device.path_in_container.empty()) device.path_in_container = device.path_on_host;
        if (device.cgroup_permissions.empty()) device.cgroup_permissions = "rwm";
        spec.devices.push_back(std::move(device));
    });
    host.texts("DeviceCgroupRules", spec.device_cgroup_rules);
    host.objects("Ulimits", [&](ObjectReader& in) {
        Ulimit limit;
        in.text("Name", limit.name);
        in.number("Soft", limit.soft);
        in.number("Hard", limit.hard);
        spec.ulimits.push_back(std::move(limit));
    });
}

void read_block_io(ObjectReader& host, ContainerSpec& spec) {
    host.number("BlkioWeight", spec.blkio_weight);
    host.objects("BlkioWeightDevice", [&](ObjectReader& in) {
        WeightDevice device;
        in.text("Path", device.path);
        in.number("Weight", device.weight);
        spec.blkio_weight_device.push_back(std::move(device));
    });
    read_throttles(host, "BlkioDeviceReadBps", spec.blkio_device_read_bps);
    read_throttles(host, "BlkioDeviceWriteBps", spec.blkio_device_write_bps);
    read_throttles(host, "BlkioDeviceReadIOps", spec.blkio_device_read_iops);
    read_throttles(host, "BlkioDeviceWriteIOps", spec.blkio_device_write_iops);
}

// What container and update have under the same names.
template <class Limits>
void read_common(ObjectReader& in, Limits& limits) {
    in.number("Memory", limits.memory);
    in.number("MemoryReservation", limits.memory_reservation);
    in.number("MemorySwap", limits.memory_swap);
    in.number("NanoCpus", limits.nano_cpus);
    in.number("CpuShares", limits.cpu_shares);
    in.number("CpuPeriod", limits.cpu_period);
    in.number("CpuQuota", limits.cpu_quota);
    in.number("CpuRealtimePeriod", limits.cpu_realtime_period);
    in.number("CpuRealtimeRuntime", limits.cpu_realtime_runtime);
    in.text("CpusetCpus", limits.cpuset_cpus);
    in.text("CpusetMems", limits.cpuset_mems);
}

} // namespace

void read_limits(ObjectReader& host, ContainerSpec& spec) {
    read_common(host, spec);
    std::optional<int> swappiness;
    host.number("MemorySwappiness", swappiness);
    if (swappiness && *swappiness != -1) spec.memory_swappiness = swappiness; // -1: as it is, in old clients
    host.flag("OomKillDisable", spec.oom_kill_disable);
    host.number("OomScoreAdj", spec.oom_score_adj);
    host.number("PidsLimit", spec.pids_limit);
    if (spec.pids_limit < 0) spec.pids_limit = 0;
    read_block_io(host, spec);
    read_devices(host, spec);
    host.text("CgroupParent", spec.cgroup_parent);
    // Of kernels before 5.4; docker's clients of today do not send it.
    for (const char* const key : {"KernelMemory", "KernelMemoryTCP"}) {
        std::int64_t limit = 0;
        host.number(key, limit);
        if (limit > 0)
            host.complain(
                {Code::unsupported, 0,
                 cat("HostConfig.", key, " is not supported: the kernel has no such limit any more")});
    }
}

Result<ContainerUpdate> update_request(const Json& body) {
    ContainerUpdate update;
    ObjectReader reader(body);
    read_common(reader, update);
    reader.number("BlkioWeight", update.blkio_weight);
    reader.number("PidsLimit", update.pids_limit);
    reader.object("RestartPolicy", [&](ObjectReader& in) {
        RestartPolicy policy;
        policy.name.clear();
        in.text("Name", policy.name);
        in.number("MaximumRetryCount", policy.maximum_retry_count);
        if (!policy.name.empty()) update.restart_policy = policy;
    });
    // What docker's update takes and cannot change either, or what rt cannot: named, unless it says nothing.
    for (const char* const key :
         {"BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps",
          "BlkioDeviceWriteIOps", "Devices", "DeviceCgroupRules", "DeviceRequests", "Ulimits"})
        if (const Json* const value = reader.find(key); value != nullptr && !value->empty())
            reader.complain(
                {Code::unsupported, 0, cat(key, " cannot be changed in a container that exists")});
    RT_TRY(reader.done());
    return update;
}

} // namespace rt::rtd
