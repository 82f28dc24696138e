// SPDX-License-Identifier: Apache-2.0
// Who said what a container is: for `inspect` and `explain`, never on the way of a start. One thread.
#pragma once

#include "core/config/wiring.hpp"
#include "core/container/oci_config.hpp"
#include "core/container/origins.hpp"
#include "core/container/spec.hpp"
#include "core/network/attachment.hpp"

#include <string>
#include <vector>

namespace rt {

struct ExplainInput {
    std::string container_id; // 64 digits; zeros for one that there is not
    std::string hostname;
    std::string bundle;
    std::string image_config;
    bool own_network = true;
    std::string storage, network, isolation; // instances, resolved
    std::vector<Attachment> attachments{};   // of one that runs: what its network drivers answered
    std::vector<std::string> warnings{};     // of its isolation driver, at the start
    IdRange ids{};                           // of one with a user namespace
};

// The errors are those that a start would end with: devices that are not there, an image without a command.
Result<Origins> explain_origins(const ContainerSpec& spec, const Wiring& wiring, const ExplainInput& input);

// "built-in default" or "/etc/rt/config.json:12": where the value at this JSON pointer came from.
std::string wiring_origin(const Wiring& wiring, const std::string& pointer);

} // namespace rt
