// SPDX-License-Identifier: Apache-2.0
// The ids of the host that containers with a user namespace of their own are given. Values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <string>

namespace rt {

// A range of the host's ids that is the container's alone; count 0: no user namespace.
struct IdRange {
    std::uint32_t first = 0, count = 0;
};

inline constexpr std::uint32_t kIdsOfOneContainer = 65536;

// "FIRST:COUNT", as in "2147483648:1073741824": multiples of 65536, nothing below 65536 (the host's own
// users), nothing at or above 2^32 - 65536 (2^32 - 1 is no id).
Result<IdRange> parse_id_pool(const std::string& text);

} // namespace rt
