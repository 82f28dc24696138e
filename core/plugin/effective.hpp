// SPDX-License-Identifier: Apache-2.0
// The wiring as it takes effect: every default filled in, those of the plugins too, and where each value came
// from. For `rtctl config show` and `explain`. Pure but for reading the plugins' files.
#pragma once

#include "core/base/json.hpp"
#include "core/config/wiring.hpp"

#include <string>
#include <vector>

namespace rt {

struct WiringValue {
    std::string pointer;
    std::string value;  // as JSON
    std::string origin; // "built-in default", "/etc/rt/config.json:12", "default of plugin 'bridge'"
};

struct EffectiveWiring {
    std::vector<WiringValue> values;   // the leaves, in the order of their pointers
    std::vector<std::string> problems; // drivers whose defaults could not be had, and why
};

// The file that would have to be written to get what is in effect.
Json effective_json(const Wiring& wiring, std::vector<std::string>& problems);

EffectiveWiring explain_wiring(const Wiring& wiring);

} // namespace rt
