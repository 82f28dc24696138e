// SPDX-License-Identifier: Apache-2.0
// Which plugins there are, where, and which instances of the wiring use them. Reads directories, never a
// plugin. Any thread.
#pragma once

#include "core/config/wiring.hpp"

#include <string>
#include <vector>

namespace rt {

// Every shared object in plugin_path, in its order; those of one directory by name.
std::vector<Path> plugin_files(const Wiring& wiring);

// The same, and after them those that the wiring names by a path elsewhere.
std::vector<Path> all_plugin_files(const Wiring& wiring);

// The file of a plugin given by name (searched in plugin_path) or by path. not_found names where was searched
// and the nearest name; place goes in front of it.
Result<Path> find_plugin(const Wiring& wiring, const std::string& plugin, std::string_view place = {});

// The instances whose plugin is this file.
std::vector<std::string> instances_using(const Wiring& wiring, const Path& file);

// The plugin of the same name that plugin_path leads to before this one; empty: it is the first.
Path found_before(const Wiring& wiring, const Path& file);

} // namespace rt
