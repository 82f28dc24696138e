// SPDX-License-Identifier: Apache-2.0
#include "subnet_pool.hpp"

#include <algorithm>
#include <cstdint>

namespace rt::bridge {

std::optional<Ipv4Prefix> pick_subnet(const Ipv4Prefix& pool, int prefix_length,
                                      std::vector<Ipv4Prefix> taken) {
    if (prefix_length < pool.length || prefix_length > 32) return std::nullopt;
    std::ranges::sort(taken, {}, [](const Ipv4Prefix& prefix) { return prefix.first(); });
    const std::uint64_t size = std::uint64_t{1} << (32 - prefix_length);
    std::uint64_t candidate = pool.first().value;
    for (const auto& used : taken) {
        if (candidate + size <= used.first().value) break; // the gap before this one is large enough
        const std::uint64_t after = std::uint64_t{used.last().value} + 1;
        candidate = std::max(candidate, (after + size - 1) / size * size);
    }
    if (candidate + size - 1 > pool.last().value) return std::nullopt;
    return Ipv4Prefix{{static_cast<std::uint32_t>(candidate)}, static_cast<std::uint8_t>(prefix_length)};
}

} // namespace rt::bridge
