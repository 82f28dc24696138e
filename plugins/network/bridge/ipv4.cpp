// SPDX-License-Identifier: Apache-2.0
#include "ipv4.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace rt::bridge {

std::uint32_t Ipv4::network_order() const {
    return htonl(value);
}

Ipv4 Ipv4::from_network_order(std::uint32_t raw) {
    return {ntohl(raw)};
}

std::string Ipv4::text() const {
    return sdk::cat(value >> 24, '.', value >> 16 & 0xff, '.', value >> 8 & 0xff, '.', value & 0xff);
}

std::string Ipv4Prefix::text() const {
    return sdk::cat(address.text(), '/', static_cast<int>(length));
}

std::optional<Ipv4> parse_ipv4(std::string_view text) {
    in_addr raw{};
    if (text.size() > 15 || ::inet_pton(AF_INET, std::string(text).c_str(), &raw) != 1) return std::nullopt;
    return Ipv4::from_network_order(raw.s_addr);
}

std::optional<Ipv4Prefix> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = parse_ipv4(text.substr(0, slash));
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (!address || error != std::errc{} || end != digits.data() + digits.size() || length > 32)
        return std::nullopt;
    return Ipv4Prefix{*address, static_cast<std::uint8_t>(length)};
}

} // namespace rt::bridge
