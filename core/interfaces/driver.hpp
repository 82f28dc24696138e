// SPDX-License-Identifier: Apache-2.0
// What the three kinds of driver have in common, as the core sees them: C++ interfaces whose only
// implementations are the adapters of core/plugin (and fakes in tests). The meaning of every method, its
// codes and its threads are those of the C functions in sdk/include/rtp, which are the contract.
#pragma once

#include "core/base/error.hpp"

#include <rt/sdk/host.hpp>

#include <cstdint>
#include <string>

namespace rt {

using sdk::Mount;

// Carried by every call into a driver.
struct Operation {
    std::string id;               // in every log line of the operation
    std::int64_t deadline_ns = 0; // CLOCK_MONOTONIC; 0: none
    int cancel_fd = -1;           // readable: give up
};

class Driver {
public:
    virtual ~Driver() = default;

    // The name in the wiring file, and the plugin behind it: "bulk", "vfs 0.1.0".
    [[nodiscard]] virtual const std::string& instance() const = 0;
    [[nodiscard]] virtual const std::string& plugin() const = 0;

    // Facts about this host as a JSON object. unsupported, permission_denied: cannot work here, because ...
    virtual Result<std::string> probe(const Operation& operation) = 0;
};

} // namespace rt
