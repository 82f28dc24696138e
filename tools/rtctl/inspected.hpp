// SPDX-License-Identifier: Apache-2.0
// What the commands that inspect have in common: one object after the other, as JSON or as a template makes
// it.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"
#include "tools/rtctl/options.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>

namespace rt::cli {

// What docker's API answers for one. not_found: there is none of this name.
Result<Json> look_at_volume(Engine& engine, const std::string& name);

// Adds --format.
void add_inspect_format(options::options_description& description);

// Shows what find answers for each operand. What cannot be shown is told, each in a line; the others are
// shown all the same. Answers the exit code: 1 where any failed. invalid_argument: the template has a
// mistake.
Result<int> show_inspected(const Parsed& parsed,
                           const std::function<Result<Json>(const std::string& reference)>& find);

} // namespace rt::cli
