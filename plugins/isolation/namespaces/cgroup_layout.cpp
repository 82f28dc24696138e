// SPDX-License-Identifier: Apache-2.0
#include "cgroup_layout.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <ranges>

namespace rt::namespaces {
namespace {

constexpr std::size_t kLargestMountinfo = 64 << 20;

// The controllers of cgroup v1 that are looked for among the options of a mount.
constexpr std::array<std::string_view, 16> kControllers{
    "cpu",  "cpuacct", "cpuset",  "memory",   "devices",    "freezer", "blkio", "debug",
    "pids", "hugetlb", "net_cls", "net_prio", "perf_event", "rdma",    "misc",  "dmem"};

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (const auto part : std::views::split(text, separator)) parts.emplace_back(part.begin(), part.end());
    return parts;
}

// mountinfo writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size()) {
            out +=
                static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::vector<std::string> v1_controllers(std::string_view super_options) {
    std::vector<std::string> out;
    for (const auto option : split(super_options, ','))
        if (option.starts_with("name=") || std::ranges::find(kControllers, option) != kControllers.end())
            out.emplace_back(option);
    return out;
}

bool known(const CgroupLayout& layout, const Hierarchy& candidate) {
    return std::ranges::any_of(layout.hierarchies, [&](const Hierarchy& one) {
        return one.v2 == candidate.v2 && one.controllers == candidate.controllers;
    });
}

void add_line(std::string_view line, const std::string& prefix, CgroupLayout& layout) {
    const auto dash = line.find(" - cgroup"); // proc(5): optional fields end with a single hyphen
    if (dash == std::string_view::npos) return;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' '); // type, source, super options
    if (left.size() < 6 || right.size() < 3) return;
    Hierarchy found{right[0] == "cgroup2", prefix + unescape(left[4]), {}};
    if (!found.v2) found.controllers = v1_controllers(right.back());
    // The same hierarchy may be mounted again (a bind mount of a part): the first one is the host's own.
    if ((found.v2 || !found.controllers.empty()) && !known(layout, found))
        layout.hierarchies.push_back(std::move(found));
}

} // namespace

bool Hierarchy::has(std::string_view controller) const {
    return std::ranges::find(controllers, controller) != controllers.end();
}

std::string Hierarchy::directory_name() const {
    if (v2) return "unified";
    std::string out;
    for (const auto& controller : controllers) {
        if (!out.empty()) out += ',';
        out += controller.starts_with("name=") ? controller.substr(5) : controller;
    }
    return out;
}

const Hierarchy* CgroupLayout::unified() const {
    const auto found = std::ranges::find(hierarchies, true, &Hierarchy::v2);
    return found == hierarchies.end() ? nullptr : &*found;
}

const Hierarchy* CgroupLayout::find(std::string_view controller) const {
    const auto found =
        std::ranges::find_if(hierarchies, [&](const auto& one) { return one.has(controller); });
    return found == hierarchies.end() ? nullptr : &*found;
}

std::string_view CgroupLayout::kind_name() const {
    return kind == CgroupKind::v2 ? "v2" : kind == CgroupKind::hybrid ? "hybrid" : "v1";
}

Result<CgroupLayout> detect_cgroup_layout(std::string_view mountinfo, const std::string& prefix) {
    CgroupLayout layout;
    for (const auto line : split(mountinfo, '\n')) add_line(line, prefix, layout);
    if (layout.hierarchies.empty())
        return fail(Code::unsupported, "no cgroup hierarchy is mounted on this host; mount one, for example: "
                                       "mount -t cgroup2 none /sys/fs/cgroup");
    const bool any_v1 = std::ranges::any_of(layout.hierarchies, [](const auto& one) {
        return !one.v2 && !one.controllers.front().starts_with("name=");
    });
    if (any_v1)
        layout.kind = layout.unified() != nullptr ? CgroupKind::hybrid : CgroupKind::v1;
    else if (layout.unified() == nullptr)
        layout.kind = CgroupKind::v1;
    return layout;
}

Result<CgroupLayout> detect_cgroup_layout_of_host() {
    RT_TRY_ASSIGN(const std::string text, read_whole(AT_FDCWD, "/proc/self/mountinfo", kLargestMountinfo));
    return detect_cgroup_layout(text);
}

Result<std::string> cgroup_path_for(std::string_view cgroups_path, std::string_view id) {
    if (cgroups_path.empty()) return cat("/rt/", id);
    if (cgroups_path.find(':') != std::string_view::npos)
        return fail(
            Code::unsupported, "config.json: 'linux.cgroupsPath' is '", cgroups_path,
            "', the form of systemd's cgroup driver, which is not implemented; give a path such as '/rt/", id,
            "'");
    std::string out;
    for (const auto part : split(cgroups_path, '/')) {
        if (part == "..")
            return fail(Code::invalid_argument, "config.json: 'linux.cgroupsPath' '", cgroups_path,
                        "' contains '..'");
        if (!part.empty() && part != ".") out += cat("/", part);
    }
    if (out.empty())
        return fail(Code::invalid_argument, "config.json: 'linux.cgroupsPath' '", cgroups_path,
                    "' is the root cgroup");
    return out;
}

} // namespace rt::namespaces
