// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/plugin_use.hpp"

#include "core/config/wording.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace rt {
namespace {

// The file that a name or path in the wiring leads to; empty: there is none.
Path file_of(const Wiring& wiring, const std::string& plugin) {
    if (plugin.contains('/')) return plugin;
    for (const Path& directory : wiring.plugin_path)
        if (Path file = directory / cat(plugin, ".so"); ::access(file.c_str(), F_OK) == 0) return file;
    return {};
}

} // namespace

std::vector<Path> plugin_files(const Wiring& wiring) {
    std::vector<Path> files;
    for (const Path& directory : wiring.plugin_path) {
        std::error_code problem; // a directory that is not there has no plugins
        std::vector<Path> found;
        for (std::filesystem::directory_iterator entry(directory, problem), end; !problem && entry != end;
             entry.increment(problem))
            if (entry->path().extension() == ".so") found.push_back(entry->path());
        std::ranges::sort(found);
        files.insert(files.end(), found.begin(), found.end());
    }
    return files;
}

std::vector<Path> all_plugin_files(const Wiring& wiring) {
    std::vector<Path> files = plugin_files(wiring);
    for (const Role role : kRoles)
        for (const auto& [instance, wired] : wiring.role(role).drivers)
            if (wired.plugin.starts_with('/') && std::ranges::find(files, Path(wired.plugin)) == files.end())
                files.emplace_back(wired.plugin);
    return files;
}

Result<Path> find_plugin(const Wiring& wiring, const std::string& plugin, std::string_view place) {
    if (Path file = file_of(wiring, plugin); !file.empty())
        return file.is_absolute() ? file : std::filesystem::absolute(file).lexically_normal();
    std::vector<std::string> searched;
    for (const Path& directory : wiring.plugin_path) searched.push_back(directory.native());
    std::vector<std::string> known;
    for (const Path& file : plugin_files(wiring)) known.push_back(file.stem());
    return fail(Code::not_found, place, place.empty() ? "" : ": ", "there is no plugin '", plugin, "' in ",
                enumerate(searched), suggestion(plugin, known), "; plugins there: ", enumerate(known));
}

std::vector<std::string> instances_using(const Wiring& wiring, const Path& file) {
    std::vector<std::string> instances;
    for (const Role role : kRoles)
        for (const auto& [instance, wired] : wiring.role(role).drivers)
            if (file_of(wiring, wired.plugin) == file) instances.push_back(instance);
    return instances;
}

Path found_before(const Wiring& wiring, const Path& file) {
    const bool is_in_path =
        std::ranges::find(wiring.plugin_path, file.parent_path()) != wiring.plugin_path.end();
    const Path first = file_of(wiring, file.stem());
    return is_in_path && first != file ? first : Path();
}

} // namespace rt
