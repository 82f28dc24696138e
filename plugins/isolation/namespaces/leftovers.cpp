// SPDX-License-Identifier: Apache-2.0
#include "leftovers.hpp"

#include "cgroup.hpp"
#include "cgroup_processes.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>

namespace rt::namespaces {
namespace {

using Json = nlohmann::json;

struct Known {
    std::string parent;
    std::set<std::string> resting;
};

Result<Known> parse_known(std::string_view text) {
    const Json json = Json::parse(text);
    Known known{json.value("cgroup_parent", ""), {}};
    if (!known.parent.starts_with('/') || known.parent.find("..") != std::string::npos)
        return fail(Code::invalid_argument, "the parent of cgroups, '", known.parent,
                    "', is no absolute path");
    for (const Json& id : json.value("resting", Json::array())) known.resting.insert(id.get<std::string>());
    return known;
}

std::set<std::string> left_in(const CgroupLayout& layout, const Known& known) {
    std::set<std::string> found;
    for (const Hierarchy& hierarchy : layout.hierarchies) {
        std::error_code none; // this hierarchy has no such parent
        std::filesystem::directory_iterator entry(hierarchy.mount_point + known.parent, none);
        for (; !none && entry != std::filesystem::directory_iterator(); entry.increment(none))
            if (std::string name = entry->path().filename(); known.resting.contains(name))
                found.insert(std::move(name));
    }
    return found;
}

// Those of all hierarchies, each once.
Result<std::set<int>> processes_in(const Cgroup& cgroup) {
    std::set<int> all;
    for (const Cgroup::Directory& directory : cgroup.directories()) {
        RT_TRY_ASSIGN(const std::vector<int> pids, pids_in(directory.path));
        all.insert(pids.begin(), pids.end());
    }
    return all;
}

} // namespace

Result<std::string> find_leftovers(const CgroupLayout& layout, std::string_view known_json) {
    RT_TRY_ASSIGN(const Known known, parse_known(known_json));
    Json leftovers = Json::array();
    for (const std::string& id : left_in(layout, known)) {
        const Cgroup cgroup(layout, known.parent + "/" + id);
        RT_TRY_ASSIGN(const std::set<int> processes, processes_in(cgroup));
        leftovers.push_back({{"kind", "cgroup"},
                             {"name", cgroup.path()},
                             {"what", sdk::cat("cgroup '", cgroup.path(), "' with ", processes.size(),
                                               processes.size() == 1 ? " process" : " processes")},
                             {"whose", sdk::cat("container ", id)},
                             {"container", id}});
    }
    return Json{{"leftovers", leftovers}}.dump();
}

Result<void> remove_leftover(const CgroupLayout& layout, sdk::Call call, std::string_view known_json,
                             std::string_view leftover_json) {
    RT_TRY_ASSIGN(const Known known, parse_known(known_json));
    const Json leftover = Json::parse(leftover_json);
    if (const std::string kind = leftover.value("kind", ""); kind != "cgroup")
        return fail(Code::invalid_argument, "remove a leftover of kind '", kind,
                    "': this driver has none such");
    const std::string id = leftover.value("container", "");
    if (!known.resting.contains(id)) return {};
    return Cgroup(layout, known.parent + "/" + id).remove([&call] { return call.check(); });
}

} // namespace rt::namespaces
