// SPDX-License-Identifier: Apache-2.0
// What the whole host does and has, against which a container's share is measured. Only reads; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <cstdint>

namespace rt {

struct HostLoad {
    std::uint64_t cpu_ns = 0; // of all processors together, idle ones too
    unsigned processors = 0;  // that are on line
    std::uint64_t memory = 0; // bytes
};

// procfs: where it is mounted (tests).
Result<HostLoad> host_load(const Path& procfs = "/proc");

} // namespace rt
