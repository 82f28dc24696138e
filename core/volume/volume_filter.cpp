// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_filter.hpp"

#include "core/base/filter.hpp"
#include "core/base/pattern.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace rt {
namespace {

constexpr std::array<std::string_view, 4> kListing{"dangling", "driver", "label", "name"};
constexpr std::array<std::string_view, 3> kPruning{"all", "label", "label!"};

// As docker reads it: 1, t, true, 0, f, false.
std::optional<bool> boolean(const std::string& value) {
    for (const char* word : {"1", "t", "T", "true", "True", "TRUE"})
        if (value == word) return true;
    for (const char* word : {"0", "f", "F", "false", "False", "FALSE"})
        if (value == word) return false;
    return std::nullopt;
}

bool has_label(const Volume& volume, const std::string& value) {
    const auto equals = value.find('=');
    const auto found = volume.labels.find(value.substr(0, equals));
    if (found == volume.labels.end()) return false;
    return equals == std::string::npos || found->second == value.substr(equals + 1);
}

bool fits(const Volume& volume, bool used, const std::string& key, const std::string& value) {
    if (key == "dangling") return boolean(value) == !used;
    if (key == "driver") return volume.driver == value;
    if (key == "name") return volume.name == value || finds(value, volume.name);
    return true; // "all" says which are looked at
}

} // namespace

Result<VolumeFilters> VolumeFilters::parse(const std::vector<std::string>& texts, For use) {
    VolumeFilters filters;
    for (const std::string& text : texts) {
        // "label!=x" is the label that must not be there.
        RT_TRY_ASSIGN(auto filter,
                      use == For::listing ? split_filter(text, kListing) : split_filter(text, kPruning));
        auto& [key, value] = filter;
        if ((key == "dangling" || key == "all") && !boolean(value))
            return fail(Code::invalid_argument, "invalid filter '", text, "': it is true or false");
        if (key == "name" && !is_pattern(value))
            return fail(Code::invalid_argument, "invalid filter '", text, "': not a regular expression");
        filters.values_.emplace(key, std::move(value));
    }
    return filters;
}

bool VolumeFilters::matches(const Volume& volume, bool used) const {
    for (auto begin = values_.begin(); begin != values_.end();) {
        const auto end = values_.upper_bound(begin->first);
        bool matched = begin->first.starts_with("label");
        for (auto each = begin; each != end; ++each) {
            if (each->first == "label")
                matched = matched && has_label(volume, each->second);
            else if (each->first == "label!")
                matched = matched && !has_label(volume, each->second);
            else
                matched = matched || fits(volume, used, each->first, each->second);
        }
        if (!matched) return false;
        begin = end;
    }
    return true;
}

bool VolumeFilters::wants_all() const {
    const auto [begin, end] = values_.equal_range("all");
    return std::any_of(begin, end, [](const auto& value) { return boolean(value.second) == true; });
}

} // namespace rt
