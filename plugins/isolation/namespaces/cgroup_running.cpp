// SPDX-License-Identifier: Apache-2.0
// What is done to a container's cgroups once it runs.
#include "cgroup.hpp"
#include "cgroup_freezer.hpp"
#include "cgroup_processes.hpp"
#include "cgroup_update.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace rt::namespaces {
namespace {

// One that ends or forks meanwhile is why this looks again; the bound is against a fork bomb.
Result<void> move_processes(const std::string& from, const std::string& to) {
    const std::string file = to + "/cgroup.procs";
    for (int round = 0; round < 100; ++round) {
        RT_TRY_ASSIGN(const std::vector<int> all, pids_in(from));
        RT_TRY_ASSIGN(const std::vector<int> there, pids_in(to));
        std::vector<int> missing;
        std::ranges::set_difference(all, there, std::back_inserter(missing));
        if (missing.empty()) return {};
        for (const int pid : missing) {
            const auto moved = write_control(AT_FDCWD, file.c_str(), cat(pid), file);
            if (!moved && moved.error().sys_errno != ESRCH) return moved;
        }
    }
    return fail(Code::unavailable, "move the processes into the cgroup '", to,
                "': there are new ones all the time; pause the container first");
}

} // namespace

// One hierarchy is enough: every process is in all of them. v2 first, it can kill atomically.
std::optional<Cgroup::Directory> Cgroup::main_directory() const {
    auto present = directories();
    if (present.empty()) return std::nullopt;
    const auto v2 = std::ranges::find_if(present, [](const Directory& one) { return one.hierarchy->v2; });
    return v2 != present.end() ? *v2 : present.front();
}

Result<int> Cgroup::signal_all(int number) const {
    const auto directory = main_directory();
    return directory ? signal_cgroup(directory->path, number) : 0;
}

Result<std::vector<int>> Cgroup::processes() const {
    const auto directory = main_directory();
    return directory ? pids_in(directory->path) : std::vector<int>();
}

Result<Cgroup::Directory> Cgroup::freezer() const {
    for (Directory& one : directories())
        if (one.hierarchy->v2 || one.hierarchy->has("freezer")) return std::move(one);
    return fail(Code::unsupported, "hold the processes of the cgroup '", path_,
                "' still: this host has neither cgroup v2 nor a cgroup v1 hierarchy with the controller "
                "'freezer'; mount one of them");
}

Result<void> Cgroup::freeze(const std::function<Result<void>()>& check) const {
    RT_TRY_ASSIGN(const Directory at, freezer());
    return namespaces::freeze(at.path, *at.hierarchy, check);
}

Result<void> Cgroup::thaw() const {
    RT_TRY_ASSIGN(const Directory at, freezer());
    return namespaces::thaw(at.path, *at.hierarchy);
}

bool Cgroup::must_thaw_to_kill() const {
    const auto at = freezer();
    return at && !at->hierarchy->v2;
}

Result<void> Cgroup::add(const Directory& directory, const CgroupSpec& spec) {
    const auto from = main_directory();
    if (auto made = create_one(directory, spec, {}); !made) {
        (void)::rmdir(directory.path.c_str()); // nothing is in it yet
        return made;
    }
    if (from) RT_TRY(move_processes(from->path, directory.path));
    if (planned_) planned_->push_back(directory);
    return {};
}

Result<void> Cgroup::update(const Resources& resources, const Warn& warn) {
    RT_TRY(check(resources));
    LimitJournal journal;
    auto outcome = update_all(resources, warn, journal);
    if (!outcome) journal.restore(warn);
    return outcome;
}

Result<void> Cgroup::update_all(const Resources& resources, const Warn& warn, LimitJournal& journal) {
    const auto present = directories();
    for (const auto& [hierarchy, path] : present) {
        if (hierarchy->v2 && layout_->kind != CgroupKind::v2) continue;
        const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!directory) return fail_errno(errno, "open the cgroup '", path, "'");
        const LimitTarget target{directory.get(), path, warn, &journal};
        RT_TRY(hierarchy->v2 ? update_v2_limits(target, resources)
                             : update_v1_limits(target, *hierarchy, resources));
    }
    const CgroupSpec spec{resources, {}, warn};
    for (const Directory& one : wanted(spec))
        if (std::ranges::find(present, one.path, &Directory::path) == present.end()) RT_TRY(add(one, spec));
    return {};
}

Result<void> Cgroup::remove(const std::function<Result<void>()>& check) const {
    auto present = directories();
    // What is held still on v1 dies only once it is let go, which emptying that hierarchy does.
    std::ranges::stable_partition(present,
                                  [](const Directory& one) { return one.hierarchy->has("freezer"); });
    for (const auto& [hierarchy, path] : present) RT_TRY(empty_and_remove(path, check));
    return {};
}

} // namespace rt::namespaces
