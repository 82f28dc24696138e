// SPDX-License-Identifier: Apache-2.0
// IPv4 addresses and subnets as plain values in host byte order: parsing, formatting, overlap. Pure, owns
// nothing.
#pragma once

#include <rt/sdk/error.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt::bridge {

struct Ipv4 {
    std::uint32_t value = 0; // host byte order
    auto operator<=>(const Ipv4&) const = default;
    [[nodiscard]] std::uint32_t network_order() const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool is_loopback() const { return value >> 24 == 127; }
    static Ipv4 from_network_order(std::uint32_t raw);
};

// An address with the length of its prefix: "10.88.0.5/20". As a subnet, the host bits are zero.
struct Ipv4Prefix {
    Ipv4 address;
    std::uint8_t length = 32;
    auto operator<=>(const Ipv4Prefix&) const = default;
    [[nodiscard]] std::uint32_t mask() const { return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length); }
    [[nodiscard]] Ipv4 first() const { return {address.value & mask()}; }
    [[nodiscard]] Ipv4 last() const { return {address.value | ~mask()}; }
    [[nodiscard]] Ipv4Prefix subnet() const { return {first(), length}; }
    [[nodiscard]] bool contains(Ipv4 other) const { return other >= first() && other <= last(); }
    [[nodiscard]] bool overlaps(const Ipv4Prefix& other) const {
        return first() <= other.last() && other.first() <= last();
    }
    [[nodiscard]] std::string text() const;
};

// Strict dotted quad; nullopt otherwise.
std::optional<Ipv4> parse_ipv4(std::string_view text);

// "a.b.c.d/len" with len 0..32; nullopt otherwise. Host bits may be set.
std::optional<Ipv4Prefix> parse_prefix(std::string_view text);

} // namespace rt::bridge
