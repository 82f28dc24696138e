// SPDX-License-Identifier: Apache-2.0
#include "core/network/mac_address.hpp"

#include <cctype>

namespace rt {
namespace {

constexpr std::size_t kDigits = 12;

// Where a separator may stand, counted in digits: after each two, or after each four.
bool is_separated(std::string_view text, char separator, std::size_t every) {
    std::size_t digits = 0;
    for (const char c : text) {
        if (c == separator) {
            if (digits == 0 || digits % every != 0 || digits == kDigits) return false;
        } else {
            ++digits;
        }
    }
    return digits == kDigits && text.size() == kDigits + kDigits / every - 1;
}

} // namespace

Result<std::string> parse_mac(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (std::isxdigit(static_cast<unsigned char>(c)) != 0)
            digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (c != ':' && c != '-' && c != '.')
            digits.clear();
    const bool formed =
        is_separated(text, ':', 2) || is_separated(text, '-', 2) || is_separated(text, '.', 4);
    if (!formed || digits.size() != kDigits)
        return fail(Code::invalid_argument, "invalid MAC address '", text,
                    "': expected six bytes, as in 02:42:0a:00:00:05");
    const unsigned char low = static_cast<unsigned char>(digits[1]);
    const int first = low <= '9' ? low - '0' : low - 'a' + 10;
    if (first % 2 != 0 || digits == std::string(kDigits, '0'))
        return fail(Code::invalid_argument, "invalid MAC address '", text,
                    "': a group address or zero cannot be an interface's own");
    std::string out;
    for (std::size_t i = 0; i < kDigits; i += 2) out += (out.empty() ? "" : ":") + digits.substr(i, 2);
    return out;
}

} // namespace rt
