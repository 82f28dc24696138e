// SPDX-License-Identifier: Apache-2.0
// The host's one JSON file as a value: where state lives, where plugins are, and which driver instances there
// are for each role. No file at all means the built-in default. Loaded once per process; immutable after
// that. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

enum class Role { storage, network, isolation };
inline constexpr std::array kRoles{Role::storage, Role::network, Role::isolation};
constexpr std::string_view name_of(Role role) {
    return role == Role::storage ? "storage" : role == Role::network ? "network" : "isolation";
}

// A driver instance: a plugin with a config of its own. One plugin may serve several instances.
struct DriverWiring {
    std::string plugin;      // name below plugin_path, or an absolute path to a .so
    std::string config_json; // as in the file; checked against the plugin's schema when the plugin is loaded
    bool drafts = false;     // "drafts": true lets the core use interfaces whose id ends in -draft/N
};

struct RoleWiring {
    std::string default_instance;
    std::map<std::string, DriverWiring> drivers;
};

// The first process of containers that are made with an init.
struct InitWiring {
    bool by_default = false;
    Path program; // static; default: libexec/rt/rt-init below the install prefix
};

struct Wiring {
    Path root;                     // "/var/lib/rt"
    Path run;                      // "/run/rt"
    Path cgroup_parent;            // "/rt": below the root of each cgroup hierarchy
    std::vector<Path> plugin_path; // searched in order; default: lib/rt/plugins below the install prefix
    InitWiring init;
    std::string id_pool; // "FIRST:COUNT": ids of the host for containers with a user namespace of their own
    RoleWiring storage;
    RoleWiring network;
    RoleWiring isolation;
    Path file; // where it came from; empty: built in
    std::map<std::string, std::string>
        origins; // JSON pointer -> "built-in default" or "/etc/rt/config.json:12"

    [[nodiscard]] const RoleWiring& role(Role which) const {
        return which == Role::storage ? storage : which == Role::network ? network : isolation;
    }
    [[nodiscard]] RoleWiring& role(Role which) {
        return which == Role::storage ? storage : which == Role::network ? network : isolation;
    }
};

// What is in effect without any file.
Wiring built_in_wiring();

// The file that --config names, else /etc/rt/config.json where that exists, else the built-in default. Each
// problem is one error text: file, line, JSON pointer, what was found, what is allowed, the nearest known
// key.
// The file must be one that only root can change, since it names code that runs as root.
Result<Wiring> load_wiring(const Path& config_file);

// What load_wiring() makes of a file's text. file is only named.
Result<Wiring> parse_wiring(std::string_view text, const Path& file);

} // namespace rt
