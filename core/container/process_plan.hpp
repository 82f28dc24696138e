// SPDX-License-Identifier: Apache-2.0
// What is to run: the image's config and the user's wishes joined by Docker's rules. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/container/spec.hpp"

#include <string>
#include <vector>

namespace rt {

struct ProcessPlan {
    std::vector<std::string> arguments; // entrypoint and command joined; never empty
    std::vector<std::string> environment;
    std::string working_directory; // "/" where nobody said otherwise
    std::string user;
    std::string stop_signal; // "SIGTERM" where nobody said otherwise
};

// image_config: the OCI image config, hostile. id, hostname: of the container.
Result<ProcessPlan> plan_process(const ContainerSpec& spec, const std::string& image_config,
                                 const std::string& hostname);

} // namespace rt
