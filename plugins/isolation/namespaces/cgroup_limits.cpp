// SPDX-License-Identifier: Apache-2.0
#include "cgroup_limits.hpp"

#include <fcntl.h>

#include <unistd.h>

#include <algorithm>
#include <initializer_list>

namespace rt::namespaces {
namespace {

// Joins "write this to that file" with the first failure kept, so that a table of limits reads as a list.
class Writer {
public:
    explicit Writer(const LimitTarget& target) : target_(target) {}

    void put(const char* file, const std::string& text) {
        if (failed_) return;
        auto written = write_limit(target_, file, text);
        if (written) return;
        failed_ = std::move(written).error();
        if (failed_->sys_errno == EINVAL || failed_->sys_errno == ERANGE)
            failed_->message += ": the kernel takes no such value, or the cgroups above allow less";
    }
    template <class Number>
    void put(const char* file, const std::optional<Number>& number) {
        if (number) put(file, cat(*number));
    }
    // For what a kernel may have been built without: reduced with a warning.
    void put_if_there(const char* file, const std::string& text) {
        if (failed_) return;
        auto written = write_limit(target_, file, text);
        if (written) return;
        const int error = written.error().sys_errno;
        if (error == ENOENT || error == EOPNOTSUPP) // the scheduler of a disk is asked for the latter
            target_.warn(cat("this kernel has ", error == ENOENT ? "no '" : "nothing behind '", file,
                             "': the limit ", text, " is not in force"));
        else
            failed_ = std::move(written).error();
    }
    // The first of several names that a kernel may have for the same thing; none: reduced with a warning.
    void put_any(std::initializer_list<const char*> files, const std::string& text) {
        for (const char* file : files)
            if (::faccessat(target_.directory, file, F_OK, 0) == 0) return put_if_there(file, text);
        put_if_there(*files.begin(), text);
    }
    // Into each file that the kernel has and that can take it; none: reduced with a warning. what: for it.
    struct Choice {
        const char* file;
        std::string text;
    };
    void put_all(std::initializer_list<Choice> choices, const std::string& what) {
        bool any = false;
        for (const Choice& choice : choices) {
            if (failed_) return;
            auto written = write_limit(target_, choice.file, choice.text);
            const int error = written ? 0 : written.error().sys_errno;
            any = any || written.has_value();
            if (!written && error != ENOENT && error != EOPNOTSUPP) failed_ = std::move(written).error();
        }
        if (!any && !failed_) target_.warn(cat(what, " is not in force: this kernel has nothing for it"));
    }
    [[nodiscard]] Result<void> done() {
        if (failed_) return std::unexpected(std::move(*failed_));
        return {};
    }

private:
    const LimitTarget& target_;
    std::optional<Error> failed_;
};

std::string limit_or(std::int64_t limit, const char* unlimited) {
    return limit < 0 ? unlimited : cat(limit);
}

void put_v1_memory(Writer& out, const Resources& resources) {
    const auto& memory = resources.memory;
    // -1 is "unlimited" in these files too. A new cgroup has no swap limit, so the order is always allowed.
    if (memory.limit.value_or(0) != 0) out.put("memory.limit_in_bytes", memory.limit);
    if (memory.swap.value_or(0) != 0) out.put_if_there("memory.memsw.limit_in_bytes", cat(*memory.swap));
    if (memory.reservation.value_or(0) != 0) out.put("memory.soft_limit_in_bytes", memory.reservation);
    out.put("memory.swappiness", memory.swappiness);
    if (memory.disable_oom_killer) out.put("memory.oom_control", std::string("1"));
}

void put_v1_cpu(Writer& out, const Resources& resources) {
    if (resources.cpu.shares.value_or(0) != 0) out.put("cpu.shares", resources.cpu.shares);
    if (resources.cpu.period.value_or(0) != 0) out.put("cpu.cfs_period_us", resources.cpu.period);
    if (resources.cpu.quota.value_or(0) != 0) out.put("cpu.cfs_quota_us", resources.cpu.quota);
    if (resources.cpu.burst) out.put("cpu.cfs_burst_us", resources.cpu.burst);
    // Where the kernel has no groups of realtime processes, a share of their time cannot be promised.
    if (resources.cpu.realtime_period.value_or(0) != 0)
        out.put("cpu.rt_period_us", resources.cpu.realtime_period);
    if (resources.cpu.realtime_runtime.value_or(0) != 0)
        out.put("cpu.rt_runtime_us", resources.cpu.realtime_runtime);
}

void put_rates(Writer& out, const char* file, const std::vector<BlockRate>& rates) {
    for (const auto& rate : rates) out.put(file, cat(rate.major, ":", rate.minor, " ", rate.rate));
}

void put_v1_block(Writer& out, const Resources& resources) {
    const auto& block = resources.block;
    if (block.weight) out.put_any({"blkio.weight", "blkio.bfq.weight"}, cat(*block.weight));
    for (const auto& [major, minor, weight] : block.weights)
        out.put_any({"blkio.weight_device", "blkio.bfq.weight_device"}, cat(major, ":", minor, " ", weight));
    put_rates(out, "blkio.throttle.read_bps_device", block.read_bps);
    put_rates(out, "blkio.throttle.write_bps_device", block.write_bps);
    put_rates(out, "blkio.throttle.read_iops_device", block.read_iops);
    put_rates(out, "blkio.throttle.write_iops_device", block.write_iops);
}

std::string v1_rule_text(const DeviceRule& rule) {
    if (rule.type == 'a' && !rule.major && !rule.minor) return "a";
    std::string out = cat(rule.type, " ", rule.major ? cat(*rule.major) : "*", ":",
                          rule.minor ? cat(*rule.minor) : "*", " ");
    if (rule.read) out += 'r';
    if (rule.write) out += 'w';
    if (rule.mknod) out += 'm';
    return out;
}

// A v1 rule has the type c or b; a rule for both with numbers is written as two. Each file is opened once:
// there are a dozen rules at every start.
Result<void> put_v1_devices(const LimitTarget& target, const std::vector<DeviceRule>& rules) {
    const UniqueFd allow(::openat(target.directory, "devices.allow", O_WRONLY | O_CLOEXEC));
    const UniqueFd deny(::openat(target.directory, "devices.deny", O_WRONLY | O_CLOEXEC));
    if (!allow || !deny) return fail_errno(errno, "open the device rules of '", target.name, "'");
    const auto put = [&](const DeviceRule& rule) -> Result<void> {
        const std::string text = v1_rule_text(rule);
        if (::write((rule.allow ? allow : deny).get(), text.data(), text.size()) < 0)
            return fail_errno(errno, rule.allow ? "allow" : "deny", " the devices '", text, "' in '",
                              target.name, "'");
        return {};
    };
    for (DeviceRule rule : rules) {
        if (rule.type == 'a' && (rule.major || rule.minor || !rule.read || !rule.write || !rule.mknod)) {
            rule.type = 'c';
            RT_TRY(put(rule));
            rule.type = 'b';
        }
        RT_TRY(put(rule));
    }
    return {};
}

// cpuset: a new v1 cgroup has neither processors nor memory nodes and takes no process before it is given
// some.
Result<void> put_v1_cpuset(const LimitTarget& target, Writer& out, const Resources& resources) {
    for (const auto& [file, wanted] :
         {std::pair{"cpuset.cpus", resources.cpu.cpus}, {"cpuset.mems", resources.cpu.mems}}) {
        std::string text = wanted;
        if (text.empty()) {
            RT_TRY_ASSIGN(text, read_whole(target.directory, cat("../", file).c_str(), 65536));
        }
        out.put(file, text);
    }
    return {};
}

// A device that may only be read, say.
bool has_own_rule(const Resources& resources, const DeviceSpec& device) {
    return std::ranges::any_of(resources.devices, [&](const DeviceRule& rule) {
        return rule.type == device.type && rule.major == device.major && rule.minor == device.minor;
    });
}

} // namespace

void LimitJournal::note(const std::string& file) {
    auto text = read_whole(AT_FDCWD, file.c_str(), 65536);
    if (!text || file.ends_with("_device") || file.ends_with("/io.max")) return;
    entries_.push_back({file, std::move(*text)});
}

void LimitJournal::restore(const std::function<void(const std::string&)>& warn) const {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        const std::string text = entry->text.empty() ? "\n" : entry->text;
        if (const auto written = write_control(AT_FDCWD, entry->file.c_str(), text, entry->file); !written)
            warn(cat("a limit could not be put back to what it was: ", written.error().message));
    }
}

Result<void> write_limit(const LimitTarget& target, const char* file, const std::string& text) {
    const std::string path = cat(target.name, "/", file);
    if (target.journal != nullptr) target.journal->note(path);
    return write_control(target.directory, file, text, path);
}

std::uint64_t cpu_weight_of_shares(std::uint64_t shares) {
    const auto bounded = std::clamp<std::uint64_t>(shares, 2, 262144);
    return 1 + ((bounded - 2) * 9999) / 262142;
}

std::uint64_t io_weight_of_blkio(std::uint64_t weight) {
    const auto bounded = std::clamp<std::uint64_t>(weight, 10, 1000);
    return 1 + ((bounded - 10) * 9999) / 990;
}

bool allow_everything(const std::vector<DeviceRule>& rules) {
    return std::ranges::all_of(rules, &DeviceRule::allow) && !rules.empty() && rules.back().type == 'a' &&
           !rules.back().major;
}

std::vector<DeviceRule> effective_device_rules(const Resources& resources,
                                               const std::vector<DeviceSpec>& devices) {
    std::vector<DeviceRule> rules = resources.devices;
    if (rules.empty()) rules.push_back({false, 'a', {}, {}, true, true, true});
    if (allow_everything(rules)) return rules; // a privileged container
    // mknod alone gives no access; then null zero full random urandom tty ptmx and the pseudo terminals.
    rules.push_back({true, 'c', {}, {}, false, false, true});
    rules.push_back({true, 'b', {}, {}, false, false, true});
    constexpr std::pair<std::uint32_t, std::uint32_t> kEveryContainer[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8},
                                                                           {1, 9}, {5, 0}, {5, 2}};
    for (const auto& [major, minor] : kEveryContainer)
        rules.push_back({true, 'c', major, minor, true, true, true});
    rules.push_back({true, 'c', 136, {}, true, true, true});
    for (const auto& device : devices)
        if (device.type != 'p' && !has_own_rule(resources, device))
            rules.push_back({true, device.type, device.major, device.minor, true, true, true});
    return rules;
}

Result<void> write_v1_limits(const LimitTarget& target, const Hierarchy& hierarchy,
                             const Resources& resources, const std::vector<DeviceRule>& rules) {
    Writer out(target);
    if (hierarchy.has("memory")) put_v1_memory(out, resources);
    if (hierarchy.has("cpu")) put_v1_cpu(out, resources);
    if (hierarchy.has("cpuset")) RT_TRY(put_v1_cpuset(target, out, resources));
    if (hierarchy.has("blkio")) put_v1_block(out, resources);
    if (hierarchy.has("devices")) RT_TRY(put_v1_devices(target, rules));
    if (hierarchy.has("pids") && resources.pids_limit.value_or(0) > 0)
        out.put("pids.max", resources.pids_limit);
    if (hierarchy.has("hugetlb"))
        for (const auto& [size, limit] : resources.hugepages)
            out.put(cat("hugetlb.", size, ".limit_in_bytes").c_str(), cat(limit));
    return out.done();
}

// Which of the two a device obeys depends on its scheduler (BFQ) or its settings (io.cost.qos).
void put_v2_weights(Writer& out, const Resources& resources) {
    const auto put = [&](const std::string& device, std::uint64_t weight) {
        out.put_all(
            {{"io.weight", cat(device, io_weight_of_blkio(weight))}, {"io.bfq.weight", cat(device, weight)}},
            cat("the block IO weight ", device, weight));
    };
    if (resources.block.weight) put("", *resources.block.weight);
    for (const auto& [major, minor, weight] : resources.block.weights)
        put(cat(major, ":", minor, " "), weight);
}

Result<void> write_v2_limits(const LimitTarget& target, const Resources& resources) {
    Writer out(target);
    const auto& memory = resources.memory;
    if (memory.limit.value_or(0) != 0) out.put("memory.max", limit_or(*memory.limit, "max"));
    if (memory.swap.value_or(0) != 0) { // OCI counts memory plus swap, v2 swap alone
        const bool unlimited = *memory.swap < 0 || memory.limit.value_or(-1) <= 0;
        out.put_if_there("memory.swap.max", unlimited ? "max" : cat(*memory.swap - *memory.limit));
    }
    if (memory.swappiness)
        target.warn("cgroup v2 has no swappiness of a container's own: it is not in force");
    if (memory.disable_oom_killer)
        target.warn("cgroup v2 cannot keep the kernel from killing for want of memory: it is not in force");
    if (memory.reservation.value_or(0) != 0) out.put("memory.low", limit_or(*memory.reservation, "max"));
    const auto& cpu = resources.cpu;
    if (cpu.realtime_runtime.value_or(0) != 0 || cpu.realtime_period.value_or(0) != 0)
        return fail(Code::unsupported,
                    "config.json: 'linux.resources.cpu.realtimeRuntime' and 'realtimePeriod' "
                    "need cgroup v1; leave them out");
    if (cpu.shares.value_or(0) != 0) out.put("cpu.weight", cat(cpu_weight_of_shares(*cpu.shares)));
    if (cpu.quota.value_or(0) != 0 || cpu.period.value_or(0) != 0) {
        const auto period = cpu.period.value_or(0) != 0 ? *cpu.period : 100000;
        out.put("cpu.max", cat(cpu.quota.value_or(-1) > 0 ? cat(*cpu.quota) : "max", " ", period));
    }
    if (cpu.burst) out.put("cpu.max.burst", cpu.burst);
    if (!cpu.cpus.empty()) out.put("cpuset.cpus", cpu.cpus);
    if (!cpu.mems.empty()) out.put("cpuset.mems", cpu.mems);
    if (resources.pids_limit.value_or(0) > 0) out.put("pids.max", resources.pids_limit);
    put_v2_weights(out, resources);
    for (const auto& [key, rates] : {std::pair{"rbps", &resources.block.read_bps},
                                     {"wbps", &resources.block.write_bps},
                                     {"riops", &resources.block.read_iops},
                                     {"wiops", &resources.block.write_iops}})
        for (const auto& rate : *rates)
            out.put("io.max", cat(rate.major, ":", rate.minor, " ", key, "=", rate.rate));
    for (const auto& [size, limit] : resources.hugepages)
        out.put(cat("hugetlb.", size, ".max").c_str(), cat(limit));
    for (const auto& [file, text] : resources.unified) out.put(file.c_str(), text);
    return out.done();
}

} // namespace rt::namespaces
