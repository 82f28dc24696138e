// SPDX-License-Identifier: Apache-2.0
#include "rt/storage/text.hpp"

#include <algorithm>

namespace rt::storage {
namespace {

bool alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string in_quotes(std::string_view name) {
    constexpr std::size_t kLongest = 80;
    std::string out = "'";
    for (const char c : name.substr(0, kLongest)) out += c < ' ' || c > '~' || c == '\'' ? '?' : c;
    return out += name.size() > kLongest ? "...'" : "'";
}

sdk::Result<void> check_id(std::string_view id) {
    const bool good =
        !id.empty() && id.size() <= 64 && alphanumeric(id.front()) &&
        std::ranges::all_of(id, [](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
    if (good) return {};
    return sdk::fail(sdk::Code::invalid_argument, "the snapshot id ", in_quotes(id),
                     " is not 1 to 64 letters, digits, '_', '.' or '-' that begin with a letter or digit");
}

} // namespace rt::storage
