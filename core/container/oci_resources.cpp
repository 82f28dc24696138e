// SPDX-License-Identifier: Apache-2.0
// linux.resources: cgroup limits and rules on devices.
#include "core/container/oci_parts.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace rt::oci {
namespace {

Json device_rule(bool allow, const char* type, int major, int minor, const char* access) {
    Json rule{{"allow", allow}, {"access", access}};
    if (type != nullptr) rule["type"] = type;
    if (major >= 0) rule["major"] = major;
    if (minor >= 0) rule["minor"] = minor;
    return rule;
}

// Making any node is allowed (it is of no use without access), using only these.
Json default_rules() {
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

// "c 10:229 rwm", "a *:* r": of the form that validate() has seen.
Json parse_rule(const std::string& text) {
    std::istringstream words(text);
    std::string type;
    std::string numbers;
    std::string access;
    words >> type >> numbers >> access;
    const auto colon = numbers.find(':');
    const auto number = [](const std::string& word) {
        return word == "*" ? -1 : static_cast<int>(std::strtoul(word.c_str(), nullptr, 10));
    };
    return device_rule(true, type == "a" ? nullptr : type.c_str(), number(numbers.substr(0, colon)),
                       number(numbers.substr(colon + 1)), access.c_str());
}

// With --privileged come all of the host's, unless the user has put one elsewhere.
std::string_view origin_of(const OciInput& input, const HostDevice& device) {
    const auto found = std::ranges::find(input.spec.devices, device.path, &DeviceMapping::path_in_container);
    return input.spec.privileged && found == input.spec.devices.end() ? origin::kPrivileged : "flag --device";
}

Json device_rules(const OciInput& input) {
    const ContainerSpec& spec = input.spec;
    if (spec.privileged) {
        note(input, "device rule", "all", "rwm", origin::kPrivileged);
        return Json::array({device_rule(true, nullptr, -1, -1, "rwm")});
    }
    Json rules = default_rules();
    note(input, "device rule", "null zero full random urandom tty console ptmx pts", "rwm", origin::kDefault);
    for (const HostDevice& device : input.host.devices) {
        const std::string type(1, device.type);
        rules.push_back(device_rule(true, type.c_str(), static_cast<int>(device.number.major),
                                    static_cast<int>(device.number.minor), device.access.c_str()));
        note(input, "device rule", cat(type, " ", device.number.major, ":", device.number.minor),
             device.access, origin_of(input, device));
    }
    for (const std::string& rule : spec.device_cgroup_rules) {
        rules.push_back(parse_rule(rule));
        note(input, "device rule", rule, "", "flag --device-cgroup-rule");
    }
    return rules;
}

// One group of limits on its way into the document: what was not asked for is left out.
class Limits {
public:
    Limits(const OciInput& input, const char* group) : input_(input), group_(group) {}
    template <class Value>
    void set(const char* key, const Value& value, std::string_view from) {
        value_[key] = value;
        note(input_, "limit", cat(group_, " ", key), value_[key].dump(), from);
    }
    template <class Value>
    void set_unless_zero(const char* key, const Value& value, std::string_view from) {
        if (value != Value()) set(key, value, from);
    }
    void store(Json& resources) {
        if (!value_.empty()) resources[group_] = std::move(value_);
    }

private:
    const OciInput& input_;
    const char* group_;
    Json value_ = Json::object();
};

void add_memory(const OciInput& input, Json& resources) {
    const ContainerSpec& spec = input.spec;
    Limits memory(input, "memory");
    memory.set_unless_zero("limit", spec.memory, "flag --memory");
    memory.set_unless_zero("reservation", spec.memory_reservation, "flag --memory-reservation");
    memory.set_unless_zero("swap", memory_and_swap(spec),
                           spec.memory_swap != 0 ? "flag --memory-swap" : "default: twice the memory");
    if (spec.memory_swappiness) memory.set("swappiness", *spec.memory_swappiness, "flag --memory-swappiness");
    if (spec.oom_kill_disable) memory.set("disableOOMKiller", true, "flag --oom-kill-disable");
    memory.store(resources);
}

void add_cpu(const OciInput& input, Json& resources) {
    const ContainerSpec& spec = input.spec;
    Limits cpu(input, "cpu");
    if (spec.nano_cpus > 0) {
        cpu.set("quota", quota_of(spec.nano_cpus), "flag --cpus");
        cpu.set("period", kCpuPeriod, "flag --cpus");
    }
    cpu.set_unless_zero("shares", spec.cpu_shares, "flag --cpu-shares");
    cpu.set_unless_zero("quota", spec.cpu_quota, "flag --cpu-quota");
    cpu.set_unless_zero("period", spec.cpu_period, "flag --cpu-period");
    cpu.set_unless_zero("realtimeRuntime", spec.cpu_realtime_runtime, "flag --cpu-rt-runtime");
    cpu.set_unless_zero("realtimePeriod", spec.cpu_realtime_period, "flag --cpu-rt-period");
    cpu.set_unless_zero("cpus", spec.cpuset_cpus, "flag --cpuset-cpus");
    cpu.set_unless_zero("mems", spec.cpuset_mems, "flag --cpuset-mems");
    cpu.store(resources);
}

template <class Device>
Json numbers_of(const OciInput& input, const std::vector<Device>& devices) {
    Json list = Json::array();
    for (const Device& device : devices) {
        const auto found = input.host.disks.find(device.path);
        const DeviceNumber number = found == input.host.disks.end() ? DeviceNumber() : found->second;
        Json entry{{"major", number.major}, {"minor", number.minor}};
        if constexpr (std::is_same_v<Device, WeightDevice>)
            entry["weight"] = device.weight;
        else
            entry["rate"] = device.rate;
        list.push_back(std::move(entry));
    }
    return list;
}

void add_block_io(const OciInput& input, Json& resources) {
    const ContainerSpec& spec = input.spec;
    Limits block(input, "blockIO");
    block.set_unless_zero("weight", spec.blkio_weight, "flag --blkio-weight");
    if (!spec.blkio_weight_device.empty())
        block.set("weightDevice", numbers_of(input, spec.blkio_weight_device), "flag --blkio-weight-device");
    const auto throttle = [&](const char* key, const std::vector<ThrottleDevice>& devices, const char* from) {
        if (!devices.empty()) block.set(key, numbers_of(input, devices), from);
    };
    throttle("throttleReadBpsDevice", spec.blkio_device_read_bps, "flag --device-read-bps");
    throttle("throttleWriteBpsDevice", spec.blkio_device_write_bps, "flag --device-write-bps");
    throttle("throttleReadIOPSDevice", spec.blkio_device_read_iops, "flag --device-read-iops");
    throttle("throttleWriteIOPSDevice", spec.blkio_device_write_iops, "flag --device-write-iops");
    block.store(resources);
}

} // namespace

Json resources(const OciInput& input) {
    Json value{{"devices", device_rules(input)}};
    add_memory(input, value);
    add_cpu(input, value);
    add_block_io(input, value);
    Limits pids(input, "pids");
    pids.set_unless_zero("limit", input.spec.pids_limit, "flag --pids-limit");
    pids.store(value);
    return value;
}

Json devices(const OciInput& input) {
    Json list = Json::array();
    for (const HostDevice& device : input.host.devices) {
        list.push_back({{"path", device.path},
                        {"type", std::string(1, device.type)},
                        {"major", device.number.major},
                        {"minor", device.number.minor},
                        {"fileMode", device.mode},
                        {"uid", device.uid},
                        {"gid", device.gid}});
        note(input, "device", device.path, cat(device.number.major, ":", device.number.minor),
             origin_of(input, device));
    }
    return list;
}

} // namespace rt::oci
