// SPDX-License-Identifier: Apache-2.0
// The query of a request's target, with docker's notion of truth. Values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::rtd {

// "%2Fa+b" -> "/a+b", or with a plus for a space as forms have it. invalid_argument: no such escape, or a
// NUL.
enum class Plus { itself, space };
Result<std::string> percent_decoded(std::string_view text, Plus plus);

class Query {
public:
    static Result<Query> parse(std::string_view text); // what stands behind '?'

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& values() const { return values_; }
    [[nodiscard]] bool has(std::string_view name) const;
    [[nodiscard]] std::string get(std::string_view name, std::string otherwise = {}) const; // the first
    [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
    // "", "0", "no", "false" and "none" are false, all else is true.
    [[nodiscard]] bool flag(std::string_view name, bool otherwise = false) const;
    // Empty: not given, or given as "". invalid_argument names it.
    [[nodiscard]] Result<std::optional<std::int64_t>> number(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

} // namespace rt::rtd
