// SPDX-License-Identifier: Apache-2.0
#include "cgroup.hpp"

#include "cgroup_devices_bpf.hpp"
#include "cgroup_limits.hpp"
#include "cgroup_processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>

namespace rt::namespaces {
namespace {

Result<void> make_directories(const std::string& base, const std::string& path) {
    const std::string whole = base + path;
    if (::mkdir(whole.c_str(), 0755) == 0 || errno == EEXIST) return {};
    if (errno != ENOENT) return fail_errno(errno, "make the cgroup '", whole, "'");
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = base + path.substr(0, slash);
        if (::mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
            return fail_errno(errno, "make the cgroup '", part, "'");
        if (slash == std::string::npos) return {};
    }
}

Result<void> pass_on(const std::string& ancestor, const std::vector<std::string>& controllers) {
    const std::string file = ancestor + "/cgroup.subtree_control";
    for (const auto& controller : controllers) {
        const auto written = write_control(AT_FDCWD, file.c_str(), "+" + controller, file);
        // One that cannot be had here shows when a limit of it is written; processes in the way concern all
        // of them.
        if (!written && written.error().sys_errno == EBUSY)
            return in_context(written.error(),
                              "pass controllers on to containers: move the processes that are directly in '",
                              ancestor, "' elsewhere");
    }
    return {};
}

// v2: a controller works in a cgroup only when every ancestor passes it on in cgroup.subtree_control.
Result<void> delegate_controllers(const std::string& base, const std::string& path) {
    for (std::size_t slash = 0; slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const std::string ancestor = base + path.substr(0, slash);
        RT_TRY_ASSIGN(const std::string available,
                      read_whole(AT_FDCWD, (ancestor + "/cgroup.controllers").c_str(), 4096));
        RT_TRY_ASSIGN(const std::string passed,
                      read_whole(AT_FDCWD, (ancestor + "/cgroup.subtree_control").c_str(), 4096));
        std::vector<std::string> missing;
        for (const auto* name : {"cpu", "cpuset", "io", "memory", "pids", "hugetlb"})
            if (has_word(available, name) && !has_word(passed, name)) missing.emplace_back(name);
        RT_TRY(pass_on(ancestor, missing));
    }
    return {};
}

// v1: a new cpuset is empty, and one below it can have nothing. Ancestors that were just made get what theirs
// have.
Result<void> fill_cpusets_above(const std::string& base, const std::string& path) {
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string ancestor = base + path.substr(0, slash);
        for (const auto* file : {"/cpuset.cpus", "/cpuset.mems"}) {
            RT_TRY_ASSIGN(const std::string now, read_whole(AT_FDCWD, (ancestor + file).c_str(), 65536));
            if (now != "\n" && !now.empty()) continue;
            RT_TRY_ASSIGN(const std::string above,
                          read_whole(AT_FDCWD, (ancestor + "/.." + file).c_str(), 65536));
            RT_TRY(write_control(AT_FDCWD, (ancestor + file).c_str(), above, ancestor + file));
        }
    }
    return {};
}

// A limit that no hierarchy of this host can hold is refused, never passed over.
Result<void> require_controllers(const CgroupLayout& layout, const Resources& resources) {
    const auto& memory = resources.memory;
    const auto& cpu = resources.cpu;
    const auto& block = resources.block;
    const std::pair<const char*, bool> asked[] = {
        {"memory", memory.limit || memory.reservation || memory.swap || memory.swappiness},
        {"cpu",
         cpu.shares || cpu.quota || cpu.period || cpu.burst || cpu.realtime_runtime || cpu.realtime_period},
        {"cpuset", !cpu.cpus.empty() || !cpu.mems.empty()},
        {"pids", resources.pids_limit.value_or(0) > 0},
        {"blkio", block.weight || !block.weights.empty() || !block.read_bps.empty() ||
                      !block.write_bps.empty() || !block.read_iops.empty() || !block.write_iops.empty()},
        {"hugetlb", !resources.hugepages.empty()},
    };
    for (const auto& [controller, wanted] : asked)
        if (wanted && layout.find(controller) == nullptr)
            return fail(Code::unsupported,
                        "config.json: 'linux.resources' has limits for which this host has no cgroup v1 "
                        "hierarchy with the controller '",
                        controller, "'; leave them out or mount it");
    return {};
}

} // namespace

Result<void> require_device_control(const CgroupLayout& layout) {
    if (layout.unified() != nullptr || layout.find("devices") != nullptr) return {};
    return fail(Code::unsupported,
                "keep the host's devices from containers: this host has neither a cgroup v1 "
                "hierarchy with the controller 'devices' nor a cgroup v2 hierarchy; mount one "
                "of them");
}

std::vector<Cgroup::Directory> Cgroup::wanted(const CgroupSpec& spec) const {
    const Resources& resources = spec.resources;
    const bool cpuset = !resources.cpu.cpus.empty() || !resources.cpu.mems.empty();
    const bool systemd = ::access("/run/systemd/system", F_OK) == 0;
    std::vector<Directory> out;
    for (const auto& one : layout_->hierarchies) {
        bool use = one.v2 || spec.hierarchies == Hierarchies::all;
        for (const char* name : {"cpu", "cpuacct", "memory", "devices", "pids", "blkio"})
            use = use || one.has(name);
        // cpuset and hugetlb account nothing that anybody reads: only for their limits.
        use = use || (cpuset && one.has("cpuset")) || (!resources.hugepages.empty() && one.has("hugetlb"));
        // Freezing and killing are the v2 hierarchy's part where there is one.
        use = use || (one.has("freezer") && layout_->unified() == nullptr);
        // So that systemd does not take the container for a part of the unit that started it.
        use = use || (systemd && one.has("name=systemd"));
        if (use) out.push_back({&one, one.mount_point + path_});
    }
    return out;
}

std::vector<Cgroup::Directory> Cgroup::directories() const {
    if (planned_) return *planned_;
    std::vector<Directory> out;
    for (const auto& one : layout_->hierarchies)
        if (std::string path = one.mount_point + path_; ::access(path.c_str(), F_OK) == 0)
            out.push_back({&one, std::move(path)});
    return out;
}

// An empty one is what an earlier container of this path left behind.
Result<void> Cgroup::make_directory(const Directory& directory) {
    const std::string& path = directory.path;
    if (::mkdir(path.c_str(), 0755) < 0) {
        if (errno == EEXIST) {
            if (::rmdir(path.c_str()) < 0 && errno != ENOENT)
                return fail(Code::already_exists, "make the cgroup '", path,
                            "': it exists and is in use; end what runs in it");
        } else if (errno != ENOENT) {
            return fail_errno(errno, "make the cgroup '", path, "'");
        }
        RT_TRY(make_directories(directory.hierarchy->mount_point, path_));
    }
    made_.push_back(path);
    return {};
}

Result<void> Cgroup::create_one(const Directory& wanted, const CgroupSpec& spec,
                                const std::vector<DeviceRule>& rules) {
    const auto& [hierarchy, path] = wanted;
    RT_TRY(make_directory(wanted));
    const bool pure_v2 = layout_->kind == CgroupKind::v2;
    // Beside v1, the controllers are with the other hierarchies; the device rules may be with none.
    if (hierarchy->v2 && !pure_v2 && layout_->find("devices") != nullptr) return {};
    if (pure_v2) RT_TRY(delegate_controllers(hierarchy->mount_point, path_));
    if (hierarchy->has("cpuset")) RT_TRY(fill_cpusets_above(hierarchy->mount_point, path_));
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return fail_errno(errno, "open the cgroup '", path, "'");
    const LimitTarget target{directory.get(), path, spec.warn};
    if (!hierarchy->v2) return write_v1_limits(target, *hierarchy, spec.resources, rules);
    if (pure_v2) RT_TRY(write_v2_limits(target, spec.resources));
    return attach_device_program(directory.get(), rules);
}

Result<void> Cgroup::check(const Resources& resources) const {
    if (!resources.unified.empty() && layout_->kind != CgroupKind::v2)
        return fail(Code::unsupported,
                    "config.json: 'linux.resources.unified' needs a pure cgroup v2 host; this one is ",
                    layout_->kind_name());
    return layout_->kind == CgroupKind::v2 ? Result<void>() : require_controllers(*layout_, resources);
}

Result<void> Cgroup::create_unified(const CgroupSpec& spec) {
    const Resources& resources = spec.resources;
    RT_TRY(check(resources));
    planned_ = wanted(spec);
    const auto rules = effective_device_rules(resources, spec.devices);
    if (!allow_everything(rules)) RT_TRY(require_device_control(*layout_));
    for (const Directory& one : *planned_)
        if (one.hierarchy->v2) RT_TRY(create_one(one, spec, rules));
    return {};
}

Result<void> Cgroup::create_others(const CgroupSpec& spec) {
    const auto rules = effective_device_rules(spec.resources, spec.devices);
    for (const Directory& one : *planned_)
        if (!one.hierarchy->v2) RT_TRY(create_one(one, spec, rules));
    return {};
}

void Cgroup::undo() {
    for (const std::string& path : made_)
        (void)empty_and_remove(path, [] { return Result<void>(); }); // the first error is the one to tell
}

Result<std::vector<UniqueFd>> open_entrances(const std::vector<Cgroup::Directory>& cgroups) {
    std::vector<UniqueFd> out;
    for (const auto& [hierarchy, path] : cgroups) {
        if (hierarchy->v2) continue;
        UniqueFd tasks(::open((path + "/tasks").c_str(), O_WRONLY | O_CLOEXEC));
        if (!tasks) return fail_errno(errno, "open '", path, "/tasks'");
        out.push_back(std::move(tasks));
    }
    return out;
}

Result<UniqueFd> Cgroup::open_unified() const {
    const auto* unified = layout_->unified();
    if (unified == nullptr) return UniqueFd();
    const std::string path = unified->mount_point + path_;
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open the cgroup '", path, "'");
    return fd;
}

} // namespace rt::namespaces
