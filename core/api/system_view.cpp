// SPDX-License-Identifier: Apache-2.0
#include "core/api/system_view.hpp"

#include "core/base/clock.hpp"
#include "core/container/listing.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace rt::api {
namespace {

std::istringstream lines_of(const Path& file) {
    return std::istringstream(read_file(file).value_or(""));
}

// KEY=VALUE or KEY="VALUE".
std::string release_value(const Path& file, const std::string& key) {
    auto lines = lines_of(file);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(key + "=")) continue;
        std::string value = line.substr(key.size() + 1);
        if (value.size() > 1 && value.front() == '"') value = value.substr(1, value.size() - 2);
        return value;
    }
    return "";
}

// Version 2 has one list; before, the kernel says which are enabled.
std::set<std::string> controllers_below(const Path& root, bool version2) {
    std::set<std::string> found;
    if (version2) {
        auto words = lines_of(root / "sys/fs/cgroup/cgroup.controllers");
        for (std::string word; words >> word;) found.insert(word);
        return found;
    }
    auto lines = lines_of(root / "proc/cgroups");
    for (std::string line; std::getline(lines, line);) {
        std::istringstream columns(line);
        std::string name, hierarchy, groups, enabled;
        if (columns >> name >> hierarchy >> groups >> enabled && enabled == "1") found.insert(name);
    }
    return found;
}

// The root of version 2 has no limits itself.
bool any_child_has(const Path& directory, const char* file) {
    std::error_code problem;
    const std::filesystem::directory_iterator children(directory, problem);
    return !problem && std::ranges::any_of(children, [&](const auto& child) {
        std::error_code unreadable;
        return std::filesystem::exists(child.path() / file, unreadable);
    });
}

std::vector<std::string> instances_of(const RoleWiring& role) {
    std::vector<std::string> names{role.default_instance};
    for (const auto& [name, unused] : role.drivers)
        if (name != role.default_instance) names.push_back(name);
    return names;
}

std::string default_plugin(const RoleWiring& role) {
    const auto found = role.drivers.find(role.default_instance);
    return found == role.drivers.end() ? std::string() : found->second.plugin;
}

} // namespace

HostView look_at_host(const Path& root) {
    HostView view;
    utsname names{};
    if (::uname(&names) == 0) {
        view.name = names.nodename;
        view.kernel = names.release;
        view.machine = names.machine;
    }
    const Path release = root / "etc/os-release";
    view.system = release_value(release, "PRETTY_NAME");
    view.system_version = release_value(release, "VERSION_ID");
    view.processors = ::sysconf(_SC_NPROCESSORS_ONLN);
    view.memory = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
    const Path cgroups = root / "sys/fs/cgroup";
    view.cgroup_v2 = std::filesystem::exists(cgroups / "cgroup.controllers");
    view.controllers = controllers_below(root, view.cgroup_v2);
    view.swap_limit = view.cgroup_v2
                          ? any_child_has(cgroups, "memory.swap.max")
                          : std::filesystem::exists(cgroups / "memory/memory.memsw.limit_in_bytes");
    view.oom_switch = !view.cgroup_v2 && std::filesystem::exists(cgroups / "memory/memory.oom_control");
    view.forwards_ipv4 = read_file(root / "proc/sys/net/ipv4/ip_forward").value_or("").starts_with('1');
    return view;
}

Result<EngineView> look_at_engine(Engine& engine) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const ContainerList list, list_containers(engine));
    RT_TRY_ASSIGN(const auto images, state->images.list());
    const Wiring& wiring = engine.wiring();
    EngineView view;
    for (const ContainerSummary& container : list.containers) ++view.containers[container.state];
    view.images = static_cast<std::int64_t>(images.size());
    for (const Role role : {Role::storage, Role::network, Role::isolation})
        view.drivers[role] = instances_of(wiring.role(role));
    view.storage_plugin = default_plugin(wiring.storage);
    view.isolation_plugin = default_plugin(wiring.isolation);
    view.root = wiring.root;
    view.init = wiring.init.program;
    view.time = now_ns();
    return view;
}

} // namespace rt::api
