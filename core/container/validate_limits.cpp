// SPDX-License-Identifier: Apache-2.0
#include "core/container/option_values.hpp"
#include "core/container/spec_validate_parts.hpp"

#include <charconv>

namespace rt {
namespace {

constexpr std::int64_t kLeastMemory = 6LL << 20U; // with less the first process is killed before it runs

template <class... Parts>
std::unexpected<Error> refuse(const Parts&... parts) {
    return fail(Code::invalid_argument, parts...);
}

Result<void> validate_memory(const ContainerSpec& spec) {
    if (spec.memory < 0 || (spec.memory > 0 && spec.memory < kLeastMemory))
        return refuse("memory limit ", spec.memory, ": the least is 6m");
    if (spec.memory_reservation < 0 ||
        (spec.memory_reservation > 0 && spec.memory_reservation < kLeastMemory))
        return refuse("memory reservation ", spec.memory_reservation, ": the least is 6m");
    if (spec.memory > 0 && spec.memory_reservation > spec.memory)
        return refuse("memory reservation ", spec.memory_reservation, " is above the memory limit ",
                      spec.memory);
    if (spec.memory_swap < -1) return refuse("memory and swap ", spec.memory_swap, ": a size, or -1 for any");
    if (spec.memory_swap > 0 && spec.memory == 0)
        return refuse("a limit of memory and swap needs a memory limit too: add --memory");
    if (spec.memory_swap > 0 && spec.memory_swap < spec.memory)
        return refuse("memory and swap together ", spec.memory_swap, " are below the memory limit ",
                      spec.memory);
    if (spec.memory_swappiness && (*spec.memory_swappiness < 0 || *spec.memory_swappiness > 100))
        return refuse("memory swappiness ", *spec.memory_swappiness, " is not within 0 to 100");
    if (spec.oom_score_adj < -1000 || spec.oom_score_adj > 1000)
        return refuse("oom score adjustment ", spec.oom_score_adj, " is not within -1000 to 1000");
    if (spec.shm_size < 0) return refuse("the size of /dev/shm is negative");
    return {};
}

Result<void> validate_cpu(const ContainerSpec& spec) {
    constexpr std::int64_t kLeastNanoCpus = 10'000'000; // the kernel's least quota in a period of 100 ms
    if (spec.nano_cpus < 0) return refuse("the number of CPUs is negative");
    if (spec.nano_cpus > 0 && spec.nano_cpus < kLeastNanoCpus)
        return refuse("the number of CPUs is below 0.01, the least that the kernel gives");
    if (spec.nano_cpus > 0 && (spec.cpu_period != 0 || spec.cpu_quota != 0))
        return refuse("--cpus excludes --cpu-period and --cpu-quota: it is made of them");
    if (spec.cpu_shares < 0) return refuse("CPU shares ", spec.cpu_shares, " are negative");
    if (spec.cpu_period != 0 && (spec.cpu_period < 1000 || spec.cpu_period > 1'000'000))
        return refuse("CPU period ", spec.cpu_period, " is not within 1ms to 1s (1000 to 1000000)");
    if (spec.cpu_quota < -1 || (spec.cpu_quota > 0 && spec.cpu_quota < 1000))
        return refuse("CPU quota ", spec.cpu_quota, ": the least is 1ms (1000)");
    if (spec.cpu_realtime_period < 0 || spec.cpu_realtime_runtime < 0)
        return refuse("the realtime CPU period or runtime is negative");
    if (spec.cpu_realtime_period > 0 && spec.cpu_realtime_runtime > spec.cpu_realtime_period)
        return refuse("realtime CPU runtime ", spec.cpu_realtime_runtime, " is above its period ",
                      spec.cpu_realtime_period);
    for (const auto* list : {&spec.cpuset_cpus, &spec.cpuset_mems})
        if (!is_cpu_list(*list)) return refuse("'", *list, "' is not a list of CPUs or memory nodes: 0-3,5");
    return {};
}

Result<void> validate_block_io(const ContainerSpec& spec) {
    if (spec.blkio_weight != 0 && (spec.blkio_weight < 10 || spec.blkio_weight > 1000))
        return refuse("block IO weight ", spec.blkio_weight, " is not within 10 to 1000");
    for (const WeightDevice& device : spec.blkio_weight_device)
        if (!device.path.starts_with("/dev/") || device.weight < 10 || device.weight > 1000)
            return refuse("block IO weight ", device.weight, " of '", device.path,
                          "': a device of the host, and 10 to 1000");
    for (const auto* list : {&spec.blkio_device_read_bps, &spec.blkio_device_write_bps,
                             &spec.blkio_device_read_iops, &spec.blkio_device_write_iops})
        for (const ThrottleDevice& device : *list)
            if (!device.path.starts_with("/dev/") || device.rate < 0)
                return refuse("rate ", device.rate, " of '", device.path,
                              "': a device of the host, and a rate of 0 or more");
    return {};
}

} // namespace

bool is_cpu_list(const std::string& text) {
    const char* at = text.data();
    const char* const last = at + text.size();
    while (at != last) {
        unsigned first = 0;
        unsigned end = 0;
        auto read = std::from_chars(at, last, first);
        if (read.ec != std::errc()) return false;
        end = first;
        if (read.ptr != last && *read.ptr == '-') {
            read = std::from_chars(read.ptr + 1, last, end);
            if (read.ec != std::errc()) return false;
        }
        if (end < first || end >= 8192) return false;
        at = read.ptr;
        if (at != last && (*at != ',' || ++at == last)) return false;
    }
    return true;
}

Result<void> validate_limits(const ContainerSpec& spec) {
    RT_TRY(validate_memory(spec));
    RT_TRY(validate_cpu(spec));
    RT_TRY(validate_block_io(spec));
    if (spec.pids_limit < 0) return refuse("the limit of processes is negative");
    for (std::size_t i = 0; i < spec.ulimits.size(); ++i) {
        const Ulimit& limit = spec.ulimits[i];
        RT_TRY(parse_ulimit(cat(limit.name, "=", limit.soft, ":", limit.hard)));
        for (std::size_t j = 0; j < i; ++j)
            if (spec.ulimits[j].name == limit.name) return refuse("ulimit '", limit.name, "' is given twice");
    }
    if (spec.cgroup_parent.find("..") != std::string::npos)
        return refuse("cgroup parent '", spec.cgroup_parent, "' leads upwards");
    if (spec.cgroup_parent.ends_with(".slice"))
        return fail(Code::unsupported, "cgroup parent '", spec.cgroup_parent,
                    "' is a slice of systemd, which rt does not ask: give a path, as in /mine");
    return {};
}

} // namespace rt
