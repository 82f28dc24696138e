// SPDX-License-Identifier: Apache-2.0
#include "core/base/filter.hpp"

#include "core/base/nearest.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace rt {
namespace {

std::string listed(std::span<const std::string_view> words) {
    return joined(words, ", ");
}

// docker takes keys in any case, and blanks around both sides.
std::string trimmed(const std::string& text) {
    constexpr const char* kBlanks = " \t\n\r";
    const auto first = text.find_first_not_of(kBlanks);
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string hint(const std::string& word, std::span<const std::string_view> known) {
    const std::string best = nearest(word, {known.begin(), known.end()});
    return best.size() < 2 ? std::string() : cat(" (did you mean ", best, "?)");
}

} // namespace

Result<std::pair<std::string, std::string>> split_filter(const std::string& text,
                                                         std::span<const std::string_view> known) {
    const auto equals = text.find('=');
    std::string key = trimmed(text.substr(0, equals));
    std::ranges::transform(key, key.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (std::ranges::find(known, key) == known.end())
        return fail(Code::invalid_argument, "filter '", text, "': unknown key '", key, "', known are ",
                    listed(known), hint(key, known));
    if (equals == std::string::npos)
        return fail(Code::invalid_argument, "filter '", text, "' has no value: give ", key, "=VALUE");
    return std::pair(key, trimmed(text.substr(equals + 1)));
}

Result<void> check_filter_value(const std::string& text, std::span<const std::string_view> known) {
    const std::string value = trimmed(text.substr(text.find('=') + 1));
    if (std::ranges::find(known, value) != known.end()) return {};
    return fail(Code::invalid_argument, "filter '", text, "': '", value, "' is not one of ", listed(known),
                hint(value, known));
}

} // namespace rt
