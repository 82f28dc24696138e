// SPDX-License-Identifier: Apache-2.0
// IPv4 and IPv6 addresses and subnets as numbers in host byte order. Pure; any thread.
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
    [[nodiscard]] bool contains(std::uint32_t address) const {
        return address >= network && address <= broadcast();
    }
    [[nodiscard]] std::uint32_t first_host() const { return network + 1; }
    [[nodiscard]] std::uint32_t last_host() const { return broadcast() - 1; }
};

__extension__ using Ipv6 = unsigned __int128;

Result<Ipv6> parse_ipv6(std::string_view text);
std::string format_ipv6(Ipv6 address);     // as the kernel writes it: "fd00::1"
bool is_ip_address(std::string_view text); // of either family

struct Subnet6 {
    Ipv6 network = 0;      // host bits are zero
    int prefix_length = 0; // 0..128

    // "fd00:1::/64"; invalid_argument when host bits are set.
    static Result<Subnet6> parse(std::string_view text);
    [[nodiscard]] Ipv6 last() const;
    [[nodiscard]] bool contains(Ipv6 address) const { return address >= network && address <= last(); }
};

} // namespace rt
