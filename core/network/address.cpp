// SPDX-License-Identifier: Apache-2.0
#include "core/network/address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace rt {

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
    const auto slash = text.find('/');
    int length = 0;
    const char* const end = text.data() + text.size();
    const char* const digits = slash == text.npos ? end : text.data() + slash + 1;
    const auto [stop, problem] = std::from_chars(digits, end, length);
    if (problem != std::errc() || stop != end || length < 0 || length > 32)
        return fail(Code::invalid_argument, "'", text,
                    "' is not a subnet: expected address/length, as in 10.88.0.0/20");
    RT_TRY_ASSIGN(const std::uint32_t address, parse_ipv4(text.substr(0, slash)));
    const Subnet subnet{address, length};
    if (length < 32 && (address & (0xffffffffU >> static_cast<unsigned>(length))) != 0)
        return fail(Code::invalid_argument, "'", text, "' is not a subnet: bits behind the length are set");
    return subnet;
}

std::uint32_t Subnet::broadcast() const {
    return prefix_length == 32 ? network : network | (0xffffffffU >> static_cast<unsigned>(prefix_length));
}

} // namespace rt
