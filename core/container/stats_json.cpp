// SPDX-License-Identifier: Apache-2.0
// docker's API object of a sample. Its shape depends on the host's cgroups, as docker's does: v1 has more
// kinds of block IO, use per processor and the most memory that was used; v2 writes operations in small
// letters. What docker leaves out when it is 0 is left out here.
#include "core/container/stats.hpp"

#include "core/base/clock.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <limits>

namespace rt {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::string show_time(std::int64_t ns) {
    return ns == 0 ? "0001-01-01T00:00:00Z" : rfc3339(ns);
}

void put_unless_zero(Json& object, const char* key, std::uint64_t value) {
    if (value != 0) object[key] = value;
}

Json cpu_json(const StatsSample& sample) {
    const CpuUse& cpu = sample.cpu;
    Json usage = {
        {"total_usage", cpu.usage}, {"usage_in_kernelmode", cpu.system}, {"usage_in_usermode", cpu.user}};
    if (!cpu.percpu.empty()) usage["percpu_usage"] = cpu.percpu;
    Json json = {{"cpu_usage", std::move(usage)},
                 {"throttling_data",
                  {{"periods", cpu.periods},
                   {"throttled_periods", cpu.throttled_periods},
                   {"throttled_time", cpu.throttled}}}};
    put_unless_zero(json, "system_cpu_usage", sample.host.cpu_ns);
    put_unless_zero(json, "online_cpus", sample.host.processors);
    return json;
}

Json memory_json(const StatsSample& sample) {
    const MemoryUse& memory = sample.memory;
    Json json = Json::object();
    put_unless_zero(json, "usage", memory.usage);
    put_unless_zero(json, "failcnt", memory.failcnt);
    put_unless_zero(json, "limit", memory.limit);
    if (sample.cgroup_version != 2) put_unless_zero(json, "max_usage", memory.max_usage);
    if (!memory.details.empty()) json["stats"] = memory.details;
    return json;
}

Json block_list(const StatsSample& sample, const std::vector<BlockCount>& counts) {
    Json list = Json::array();
    for (const BlockCount& count : counts) {
        std::string operation = count.operation;
        if (sample.cgroup_version == 2) {
            if (operation == "Discard") continue; // docker's list has read and write
            std::ranges::transform(operation, operation.begin(),
                                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        }
        list.push_back({{"major", count.major},
                        {"minor", count.minor},
                        {"op", std::move(operation)},
                        {"value", count.value}});
    }
    return list;
}

Json block_json(const StatsSample& sample) {
    Json json = {{"io_service_bytes_recursive", nullptr}, {"io_serviced_recursive", nullptr},
                 {"io_queue_recursive", nullptr},         {"io_service_time_recursive", nullptr},
                 {"io_wait_time_recursive", nullptr},     {"io_merged_recursive", nullptr},
                 {"io_time_recursive", nullptr},          {"sectors_recursive", nullptr}};
    if (sample.read == 0) return json;
    json["io_service_bytes_recursive"] = block_list(sample, sample.block_bytes);
    if (sample.cgroup_version == 2) return json;
    json["io_serviced_recursive"] = block_list(sample, sample.block_operations);
    for (const char* key : {"io_queue_recursive", "io_service_time_recursive", "io_wait_time_recursive",
                            "io_merged_recursive", "io_time_recursive", "sectors_recursive"})
        json[key] = Json::array();
    return json;
}

Json pids_json(const StatsSample& sample) {
    Json json = Json::object();
    put_unless_zero(json, "current", sample.pids);
    // v1 leaves out a limit that there is not, v2 shows the largest number.
    if (sample.pids_limit && (sample.cgroup_version == 2 || *sample.pids_limit != kUnlimited))
        put_unless_zero(json, "limit", *sample.pids_limit);
    return json;
}

Json interface_json(const InterfaceCount& counts) {
    return {{"rx_bytes", counts.received.bytes},   {"rx_packets", counts.received.packets},
            {"rx_errors", counts.received.errors}, {"rx_dropped", counts.received.dropped},
            {"tx_bytes", counts.sent.bytes},       {"tx_packets", counts.sent.packets},
            {"tx_errors", counts.sent.errors},     {"tx_dropped", counts.sent.dropped}};
}

} // namespace

Json stats_json(const Container& container, const StatsSample& now, const StatsSample& before) {
    Json json = {{"name", cat("/", container.name)},
                 {"id", container.id},
                 {"read", show_time(now.read)},
                 {"preread", show_time(before.read)},
                 {"num_procs", 0}, // of Windows
                 {"storage_stats", Json::object()},
                 {"pids_stats", pids_json(now)},
                 {"blkio_stats", block_json(now)},
                 {"cpu_stats", cpu_json(now)},
                 {"precpu_stats", cpu_json(before)},
                 {"memory_stats", memory_json(now)}};
    if (now.networks) {
        json["networks"] = Json::object();
        for (const auto& [name, counts] : *now.networks) json["networks"][name] = interface_json(counts);
    }
    return json;
}

} // namespace rt
