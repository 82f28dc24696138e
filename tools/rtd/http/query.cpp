// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/query.hpp"

#include <algorithm>
#include <charconv>

namespace rt::rtd {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

Result<std::string> percent_decoded(std::string_view text, Plus plus) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus == Plus::space) c = ' ';
        if (c == '%') {
            const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(Code::invalid_argument, "invalid URL escape \"", text.substr(i, 3), "\"");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        }
        if (c == '\0') return fail(Code::invalid_argument, "invalid URL: it holds a NUL");
        decoded += c;
    }
    return decoded;
}

Result<Query> Query::parse(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        if (part.empty()) continue;
        const auto equals = std::min(part.find('='), part.size());
        RT_TRY_ASSIGN(std::string name, percent_decoded(part.substr(0, equals), Plus::space));
        RT_TRY_ASSIGN(std::string value,
                      percent_decoded(part.substr(std::min(part.size(), equals + 1)), Plus::space));
        query.values_.emplace_back(std::move(name), std::move(value));
    }
    return query;
}

bool Query::has(std::string_view name) const {
    return std::ranges::any_of(values_, [&](const auto& value) { return value.first == name; });
}

std::string Query::get(std::string_view name, std::string otherwise) const {
    const auto found = std::ranges::find_if(values_, [&](const auto& value) { return value.first == name; });
    return found == values_.end() ? std::move(otherwise) : found->second;
}

std::vector<std::string> Query::all(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : values_)
        if (key == name) found.push_back(value);
    return found;
}

bool Query::flag(std::string_view name, bool otherwise) const {
    if (!has(name)) return otherwise;
    std::string text = get(name);
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
    return !(text.empty() || text == "0" || text == "no" || text == "false" || text == "none");
}

Result<std::optional<std::int64_t>> Query::number(std::string_view name) const {
    const std::string text = get(name);
    if (text.empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size())
        return fail(Code::invalid_argument, "invalid value \"", text, "\" for the parameter '", name,
                    "': it must be a whole number");
    return number;
}

} // namespace rt::rtd
