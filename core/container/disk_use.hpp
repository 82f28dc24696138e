// SPDX-License-Identifier: Apache-2.0
// How much of the disk a container takes.
#pragma once

#include "core/container/engine.hpp"

#include <cstdint>

namespace rt {

// Bytes, docker's SizeRw and SizeRootFs.
struct DiskUse {
    std::uint64_t own = 0;   // what it has written
    std::uint64_t whole = 0; // and its image
};

// Counted now, file by file. unsupported: its storage driver does not count.
Result<DiskUse> disk_use(Engine& engine, const Container& container);

} // namespace rt
