// SPDX-License-Identifier: Apache-2.0
// Which cgroup hierarchies this host has and where: pure v2, v1, or hybrid (v1 controllers and a v2 hierarchy
// beside them). Read from mountinfo at run time; the text and a path prefix are parameters, so that tests
// need no cgroups.
#pragma once

#include "system.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rt::namespaces {

enum class CgroupKind { v1, hybrid, v2 };

struct Hierarchy {
    bool v2 = false;
    std::string mount_point;
    std::vector<std::string>
        controllers; // v1: as mounted together ("cpu", "cpuacct", "name=systemd"); v2: not filled in

    [[nodiscard]] bool has(std::string_view controller) const;
    // The name of its directory inside a container: "cpu,cpuacct", "systemd", "unified".
    [[nodiscard]] std::string directory_name() const;
};

struct CgroupLayout {
    CgroupKind kind = CgroupKind::v2;
    std::vector<Hierarchy> hierarchies;

    [[nodiscard]] const Hierarchy* unified() const; // the v2 hierarchy
    [[nodiscard]] const Hierarchy*
    find(std::string_view controller) const; // the v1 hierarchy of a controller
    [[nodiscard]] std::string_view kind_name() const;
};

// mountinfo: the text of /proc/self/mountinfo. prefix goes in front of every mount point.
Result<CgroupLayout> detect_cgroup_layout(std::string_view mountinfo, const std::string& prefix = "");
Result<CgroupLayout> detect_cgroup_layout_of_host();

// The path of a container's cgroup below each hierarchy: linux.cgroupsPath checked and made absolute, or
// /rt/<id>.
Result<std::string> cgroup_path_for(std::string_view cgroups_path, std::string_view id);

} // namespace rt::namespaces
