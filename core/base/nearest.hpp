// SPDX-License-Identifier: Apache-2.0
// "Did you mean ...?": the known word that a misspelt one is closest to. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt {

// The nearest of known by edit distance; "" when none is near (more than a third of the letters differ).
std::string nearest(std::string_view word, const std::vector<std::string>& known);

} // namespace rt
