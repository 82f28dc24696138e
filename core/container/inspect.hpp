// SPDX-License-Identifier: Apache-2.0
// What can be seen of containers, in docker's words. What runs is asked of the shim's traces in the run
// directory, not believed from the database.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"

#include <string>
#include <vector>

namespace rt {

struct ContainerSummary {
    Container record;
    bool running = false;
    std::string command; // as docker shows it: joined with spaces
    std::string status;  // "Up 5 seconds", "Exited (1) 2 minutes ago"
    std::string ports;   // "0.0.0.0:8080->80/tcp"
};

enum class Which { running, all };
struct ContainerList {
    std::vector<ContainerSummary> containers; // the newest first
    std::vector<Error> problems;              // what could not be cleaned up on the way
};
Result<ContainerList> list_containers(Engine& engine, Which which);

// docker inspect's object, plus "Drivers", "Phases" and "Warnings".
Result<Json> inspect_container(Engine& engine, const Container& container);

} // namespace rt
