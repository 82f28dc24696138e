// SPDX-License-Identifier: Apache-2.0
// `docker commit`: an image of what a container has made of its own. What is mounted in it (volumes, binds)
// does not belong to it.
#pragma once

#include "core/container/engine.hpp"

#include <string>
#include <vector>

namespace rt {

struct CommitRequest {
    std::string config;               // docker's Config of the container: api::container_config_json()
    std::string name;                 // "a/b:c"; empty: the image gets no name
    std::string author, message;      // for the image and its history
    std::vector<std::string> changes; // Dockerfile instructions
    // yes: its processes stand still while its files are read. Where this process is killed then, they do so
    // until somebody lets them go on (unpause).
    enum class Pause { yes, no } pause = Pause::yes;
    int cancel_fd = -1; // readable: give up
};

// unsupported: it is to be paused, and its isolation driver cannot.
Result<Image> commit_container(Engine& engine, const std::string& reference, const CommitRequest& request);

} // namespace rt
