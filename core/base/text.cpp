// SPDX-License-Identifier: Apache-2.0
#include "core/base/text.hpp"

#include <algorithm>
#include <cstdint>

namespace rt {
namespace {

// The length of the character at the beginning of text; 0: it is none that may be shown.
std::size_t shown_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80U) return first >= 0x20U && first != 0x7fU ? 1 : 0;
    const std::size_t length = first < 0xc2U   ? 0
                               : first < 0xe0U ? 2
                               : first < 0xf0U ? 3
                               : first < 0xf5U ? 4
                                               : 0;
    if (length == 0 || length > text.size()) return 0;
    std::uint32_t point = first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return 0;
        point = point << 6U | (byte(i) & 0x3fU);
    }
    const bool is_control = point < 0xa0U;
    const bool is_overlong = point < (length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U);
    const bool is_surrogate = point >= 0xd800U && point < 0xe000U;
    return is_control || is_overlong || is_surrogate || point > 0x10ffffU ? 0 : length;
}

} // namespace

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = shown_length(text);
        out += length == 0 ? std::string_view("?") : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(1, length));
    }
    return out;
}

} // namespace rt
