// SPDX-License-Identifier: Apache-2.0
// The subset of JSON Schema in which a plugin describes its config: type, properties, required,
// additionalProperties (false, and never left out of an object), default, enum, minimum, maximum, pattern,
// minLength, items, and the annotations title, description and $schema. A schema that says more is refused:
// a rule that is not enforced is worse than none. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

enum class SchemaCheck {
    quick,   // the keywords and their types: what every start pays for
    thorough // also: patterns compile, and every default is allowed by its own schema
};

// The schema of a plugin, refused with invalid_argument and the JSON pointer inside it where it goes beyond
// the subset. plugin names it in the error.
Result<Json> parse_schema(std::string_view text, std::string_view plugin,
                          SchemaCheck check = SchemaCheck::quick);

// What is wrong with a config: where (a JSON pointer below the config) and, as a clause that follows it, what
// was found and what is allowed.
struct ConfigProblem {
    std::string pointer;
    std::string text;
};

// Checks config against a parsed schema and fills in the defaults; their pointers are added to defaulted.
std::expected<void, ConfigProblem> apply_schema(const Json& schema, Json& config,
                                                std::vector<std::string>* defaulted = nullptr);

// A value in words for an error: "the number 5", "the string 'abc'", "an object".
std::string describe(const Json& value);

} // namespace rt
