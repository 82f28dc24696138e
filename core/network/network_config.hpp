// SPDX-License-Identifier: Apache-2.0
// What a user asked of a network that he made: docker's NetworkCreate without what is for swarms. Values;
// any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <map>
#include <string>
#include <vector>

namespace rt {

// docker's IPAMConfig: texts, "" where nothing was said.
struct AddressConfig {
    std::string subnet{}, gateway{}, ip_range{};
    std::map<std::string, std::string> aux_addresses{}; // name to address: never given to a container
    bool operator==(const AddressConfig&) const = default;
};

struct NetworkConfig {
    std::vector<AddressConfig> pools; // empty: the driver chooses
    bool internal = false;            // no way out
    bool ipv6 = false;
    bool attachable = false; // of a meaning in swarms alone; kept and shown
    std::map<std::string, std::string> options, labels;
    bool operator==(const NetworkConfig&) const = default;
};

Json to_json(const NetworkConfig& config);
Result<NetworkConfig> network_config_from_json(const std::string& text);

// Subnets, gateways, ranges and auxiliary addresses that belong together; what docker refuses is refused.
// Normalises: "10.1.2.3/24" is not a subnet, "10.1.2.0/24" is. invalid_argument.
Result<void> validate(const NetworkConfig& config);

} // namespace rt
