// SPDX-License-Identifier: Apache-2.0
#include "core/network/address.hpp"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace rt {
namespace {

std::optional<std::pair<std::string_view, int>> split_prefix(std::string_view text, int longest) {
    const auto slash = text.find('/');
    int length = 0;
    const char* const end = text.data() + text.size();
    const char* const digits = slash == text.npos ? end : text.data() + slash + 1;
    const auto [stop, problem] = std::from_chars(digits, end, length);
    if (problem != std::errc() || stop != end || length < 0 || length > longest) return std::nullopt;
    return std::pair(text.substr(0, slash), length);
}

Ipv6 host_bits(int prefix_length) {
    return prefix_length == 0 ? ~Ipv6{0} : (Ipv6{1} << static_cast<unsigned>(128 - prefix_length)) - 1;
}

} // namespace

Result<std::uint32_t> parse_ipv4(std::string_view text) {
    in_addr address{};
    if (text.contains('\0') || ::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1)
        return fail(Code::invalid_argument, "'", text, "' is not an IPv4 address");
    return ntohl(address.s_addr);
}

std::string format_ipv4(std::uint32_t address) {
    return cat(address >> 24U, ".", (address >> 16U) & 0xffU, ".", (address >> 8U) & 0xffU, ".",
               address & 0xffU);
}

Result<Subnet> Subnet::parse(std::string_view text) {
    const auto split = split_prefix(text, 32);
    if (!split)
        return fail(Code::invalid_argument, "'", text,
                    "' is not a subnet: expected address/length, as in 10.88.0.0/20");
    const auto [host, length] = *split;
    RT_TRY_ASSIGN(const std::uint32_t address, parse_ipv4(host));
    const Subnet subnet{address, length};
    if (length < 32 && (address & (0xffffffffU >> static_cast<unsigned>(length))) != 0)
        return fail(Code::invalid_argument, "'", text, "' is not a subnet: bits behind the length are set");
    return subnet;
}

std::uint32_t Subnet::broadcast() const {
    return prefix_length == 32 ? network : network | (0xffffffffU >> static_cast<unsigned>(prefix_length));
}

Result<Ipv6> parse_ipv6(std::string_view text) {
    std::array<std::uint8_t, 16> bytes{};
    if (text.contains('\0') || ::inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1)
        return fail(Code::invalid_argument, "'", text, "' is not an IPv6 address");
    Ipv6 address = 0;
    for (const std::uint8_t byte : bytes) address = address << 8U | byte;
    return address;
}

std::string format_ipv6(Ipv6 address) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, address >>= 8U)
        *byte = static_cast<std::uint8_t>(address & 0xffU);
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

bool is_ip_address(std::string_view text) {
    return parse_ipv4(text).has_value() || parse_ipv6(text).has_value();
}

Result<Subnet6> Subnet6::parse(std::string_view text) {
    const auto split = split_prefix(text, 128);
    if (!split)
        return fail(Code::invalid_argument, "'", text,
                    "' is not a subnet: expected address/length, as in fd00:1::/64");
    RT_TRY_ASSIGN(const Ipv6 address, parse_ipv6(split->first));
    if ((address & host_bits(split->second)) != 0)
        return fail(Code::invalid_argument, "'", text, "' is not a subnet: bits behind the length are set");
    return Subnet6{address, split->second};
}

Ipv6 Subnet6::last() const {
    return network | host_bits(prefix_length);
}

} // namespace rt
