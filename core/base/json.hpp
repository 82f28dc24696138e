// SPDX-License-Identifier: Apache-2.0
// JSON from outside: bounded, without duplicate keys, errors with line and column. Include
// <nlohmann/json.hpp> only in .cpp files that build or take apart values. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace rt {

using Json = nlohmann::json;

// Parses text. what names it in the error ("manifest of 'debian:12'"). corrupt: not JSON, a duplicate key,
// nested more than 64 deep.
Result<Json> parse_json(std::string_view text, std::string_view what);

// The text that object has under key; empty if there is none, it is no text, or object is no object.
std::string string_at(const Json& object, std::string_view key);

} // namespace rt
