// SPDX-License-Identifier: Apache-2.0
#include "cgroup_update.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace rt::namespaces {
namespace {

constexpr std::size_t kLargestLimit = 65536;

Result<std::string> read_line(const LimitTarget& target, const char* file) {
    RT_TRY_ASSIGN(std::string text, read_whole(target.directory, file, kLargestLimit));
    if (const auto end = text.find('\n'); end != std::string::npos) text.resize(end);
    return text;
}

// "max" and what does not fit is unlimited: -1.
std::int64_t to_limit(std::string_view text) {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() ? out : -1;
}

std::unexpected<Error> below_use(const LimitTarget& target, std::int64_t limit, std::int64_t use) {
    return fail(Code::failed_precondition, "set the memory limit of '", target.name, "' to ", limit,
                " bytes: ", use,
                " bytes are in use and cannot be given back; free memory or give a larger limit");
}

Result<void> set_v1_memory(const LimitTarget& target, std::int64_t limit) {
    const auto written = write_limit(target, "memory.limit_in_bytes", cat(limit));
    if (written) return {};
    if (written.error().sys_errno == EBUSY) {
        RT_TRY_ASSIGN(const std::string use, read_line(target, "memory.usage_in_bytes"));
        return below_use(target, limit, to_limit(use));
    }
    const auto both = read_line(target, "memory.memsw.limit_in_bytes");
    if (written.error().sys_errno == EINVAL && both && to_limit(*both) >= 0 && to_limit(*both) < limit)
        return fail(Code::failed_precondition, "set the memory limit of '", target.name, "' to ", limit,
                    " bytes: the limit of memory plus swap is ", *both,
                    " bytes; change it ('memory.swap') at the same time");
    return written;
}

Result<void> set_v1_swap(const LimitTarget& target, std::int64_t limit) {
    const auto written = write_limit(target, "memory.memsw.limit_in_bytes", cat(limit));
    if (written || written.error().sys_errno != ENOENT) {
        if (written || written.error().sys_errno != EBUSY) return written;
        RT_TRY_ASSIGN(const std::string use, read_line(target, "memory.memsw.usage_in_bytes"));
        return below_use(target, limit, to_limit(use));
    }
    target.warn(
        cat("this kernel has no 'memory.memsw.limit_in_bytes': the limit ", limit, " is not in force"));
    return {};
}

// The limit of memory plus swap may at no moment be below that of memory.
Result<void> update_v1_memory(const LimitTarget& target, const Resources& resources) {
    const auto limit = resources.memory.limit.value_or(0);
    const auto swap = resources.memory.swap.value_or(0);
    if (limit != 0 && swap != 0) {
        RT_TRY_ASSIGN(const std::string now, read_line(target, "memory.limit_in_bytes"));
        const auto current = to_limit(now);
        const bool swap_first = swap < 0 || (current >= 0 && current < swap);
        if (swap_first) RT_TRY(set_v1_swap(target, swap));
        RT_TRY(set_v1_memory(target, limit));
        return swap_first ? Result<void>() : set_v1_swap(target, swap);
    }
    if (limit != 0) RT_TRY(set_v1_memory(target, limit));
    if (swap != 0) RT_TRY(set_v1_swap(target, swap));
    return {};
}

// v2 would kill processes to get below a new limit. What the kernel can drop does not count.
Result<void> check_v2_memory(const LimitTarget& target, std::int64_t limit) {
    if (limit <= 0) return {};
    RT_TRY_ASSIGN(const std::string text, read_line(target, "memory.current"));
    std::int64_t use = to_limit(text);
    RT_TRY_ASSIGN(const std::string stat, read_whole(target.directory, "memory.stat", kLargestLimit));
    for (const std::string_view key : {"inactive_file ", "active_file ", "slab_reclaimable "}) {
        std::size_t at = stat.starts_with(key) ? 0 : stat.find(cat("\n", key));
        if (at == std::string::npos) continue;
        at = stat.find(' ', at) + 1;
        use -=
            std::max<std::int64_t>(0, to_limit(std::string_view(stat).substr(at, stat.find('\n', at) - at)));
    }
    return use > limit ? below_use(target, limit, use) : Result<void>();
}

// cpu.max holds both; the one that is not given stays.
Result<void> keep_v2_cpu(const LimitTarget& target, Resources& resources) {
    auto& cpu = resources.cpu;
    const bool quota = cpu.quota.value_or(0) != 0, period = cpu.period.value_or(0) != 0;
    if (quota == period) return {};
    RT_TRY_ASSIGN(const std::string now, read_line(target, "cpu.max"));
    const auto space = now.find(' ');
    if (space == std::string::npos) return {};
    if (!quota) cpu.quota = to_limit(std::string_view(now).substr(0, space));
    if (!period) cpu.period = static_cast<std::uint64_t>(to_limit(std::string_view(now).substr(space + 1)));
    return {};
}

// No limit any more, which a new cgroup has by itself.
Result<void> lift_pids_limit(const LimitTarget& target, const Resources& resources) {
    if (resources.pids_limit.value_or(1) > 0) return {};
    return write_limit(target, "pids.max", "max");
}

} // namespace

Result<void> update_v1_limits(const LimitTarget& target, const Hierarchy& hierarchy,
                              const Resources& resources) {
    Hierarchy rest = hierarchy;
    Resources wanted = resources;
    if (hierarchy.has("memory")) {
        RT_TRY(update_v1_memory(target, resources));
        wanted.memory.limit.reset();
        wanted.memory.swap.reset();
    }
    std::erase(rest.controllers, "devices");
    if (wanted.cpu.cpus.empty() && wanted.cpu.mems.empty()) {
        std::erase(rest.controllers, "cpuset");
    } else if (hierarchy.has("cpuset")) {
        for (auto [file, text] :
             {std::pair{"cpuset.cpus", &wanted.cpu.cpus}, {"cpuset.mems", &wanted.cpu.mems}})
            if (text->empty()) {
                RT_TRY_ASSIGN(*text, read_line(target, file));
            }
    }
    if (hierarchy.has("pids")) RT_TRY(lift_pids_limit(target, resources));
    return write_v1_limits(target, rest, wanted, {});
}

Result<void> update_v2_limits(const LimitTarget& target, const Resources& resources) {
    Resources wanted = resources;
    RT_TRY(check_v2_memory(target, wanted.memory.limit.value_or(0)));
    if (wanted.memory.swap.value_or(0) > 0 && wanted.memory.limit.value_or(0) == 0) {
        RT_TRY_ASSIGN(const std::string limit, read_line(target, "memory.max"));
        wanted.memory.limit = to_limit(limit);
    }
    RT_TRY(keep_v2_cpu(target, wanted));
    RT_TRY(lift_pids_limit(target, resources));
    return write_v2_limits(target, wanted);
}

} // namespace rt::namespaces
