// SPDX-License-Identifier: Apache-2.0
// IPv4 addresses and subnets as numbers in host byte order. Pure; any thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

Result<std::uint32_t> parse_ipv4(std::string_view text);
std::string format_ipv4(std::uint32_t address);

struct Subnet {
    std::uint32_t network = 0; // host bits are zero
    int prefix_length = 0;     // 0..32

    // "10.88.0.0/20"; invalid_argument when host bits are set.
    static Result<Subnet> parse(std::string_view text);
    [[nodiscard]] std::uint32_t broadcast() const;
    [[nodiscard]] std::uint32_t first_host() const { return network + 1; }
    [[nodiscard]] std::uint32_t last_host() const { return broadcast() - 1; }
};

} // namespace rt
