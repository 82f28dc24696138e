// SPDX-License-Identifier: Apache-2.0
// What all of docker's --filter have in common. Pure; any thread.
#pragma once

#include "core/base/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace rt {

// "key=value", taken apart. invalid_argument: there is no '=', or the key is unknown; then the known ones are
// listed.
Result<std::pair<std::string, std::string>> split_filter(const std::string& text,
                                                         std::span<const std::string_view> known);

// invalid_argument: the value is not one of those that the key takes.
Result<void> check_filter_value(const std::string& text, std::span<const std::string_view> known);

} // namespace rt
