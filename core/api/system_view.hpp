// SPDX-License-Identifier: Apache-2.0
// What is known of the host and of the engine on it, gathered in one place; info_json() and version_json()
// make docker's answers of it. Any thread.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace rt::api {

struct HostView {
    std::string name, kernel;                // uname
    std::string machine;                     // "x86_64"
    std::string system, system_version;      // of /etc/os-release
    std::int64_t processors = 0, memory = 0; // memory: bytes
    bool cgroup_v2 = false;                  // of the hierarchies that limits are set in
    std::set<std::string> controllers;       // cgroup controllers that the kernel has enabled
    bool swap_limit = false, oom_switch = false;
    bool forwards_ipv4 = false;
};

struct EngineView {
    std::map<std::string, std::int64_t> containers; // how many, by state
    std::int64_t images = 0;
    std::map<Role, std::vector<std::string>> drivers; // instances, the default one first
    std::string storage_plugin, isolation_plugin;     // of the default instances
    Path root, init;
    std::int64_t time = 0; // ns
};

// root: where /proc, /sys and /etc are (tests).
HostView look_at_host(const Path& root = "/");
Result<EngineView> look_at_engine(Engine& engine);

} // namespace rt::api
