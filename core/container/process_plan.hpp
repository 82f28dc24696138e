// SPDX-License-Identifier: Apache-2.0
// What is to run: the image's config and the user's wishes joined by Docker's rules. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/container/origins.hpp"
#include "core/container/spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rt {

struct ProcessPlan {
    std::vector<std::string> arguments; // entrypoint and command joined; never empty
    std::vector<std::string> environment;
    std::string working_directory; // "/" where nobody said otherwise
    std::string user;
    std::string stop_signal;                  // "SIGTERM" where nobody said otherwise
    std::optional<Healthcheck> healthcheck{}; // the image's, changed as the user asked; test {"NONE"}: none
    StringMap labels{};                       // the image's and the user's
    std::vector<std::string> exposed_ports{}; // "80/tcp": the image's and the user's
    std::vector<std::string> volumes{};       // where the image has volumes: absolute, normal
};

// image_config: the OCI image config, hostile. hostname: of the container. origins: nullptr, or who said
// what.
Result<ProcessPlan> plan_process(const ContainerSpec& spec, const std::string& image_config,
                                 const std::string& hostname, Origins* origins = nullptr);

// The same in two steps, for many containers of one image: the part of its config that is of processes, and
// the plan by it.
Result<Json> process_config(const std::string& image_config, const std::string& image);
Result<ProcessPlan> plan_process(const ContainerSpec& spec, const Json& process_config,
                                 const std::string& hostname, Origins* origins = nullptr);

// What listings show of it; a part of the plan, for less.
struct ProcessSummary {
    std::vector<std::string> arguments;
    StringMap labels;
    std::vector<std::string> exposed_ports;
};
Result<ProcessSummary> summarize_process(const ContainerSpec& spec, const Json& process_config);

// A health check of an image with the user's word for each part, where there is one.
Healthcheck changed_by(Healthcheck images, const std::optional<Healthcheck>& users);

} // namespace rt
