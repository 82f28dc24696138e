// SPDX-License-Identifier: Apache-2.0
// Turns of phrase of errors about files and names that people write. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt {

// "'a', 'b' and 'c'"; "none" for an empty list.
std::string enumerate(const std::vector<std::string>& words);

// " (did you mean 'root'?)", or nothing where no known word is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

} // namespace rt
