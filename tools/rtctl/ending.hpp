// SPDX-License-Identifier: Apache-2.0
// The options that stop and restart share: with what a container is asked to end, and how long it may take.
#pragma once

#include "tools/rtctl/options.hpp"

#include <chrono>
#include <optional>

namespace rt::cli {

struct Ending {
    std::optional<std::chrono::seconds> grace; // below 0: for ever; not given: the container's own
    std::optional<int> signal_number;          // not given: the container's own
};

void add_ending_options(options::options_description& description);
Result<Ending> read_ending(const Command& command, const Parsed& parsed);

} // namespace rt::cli
