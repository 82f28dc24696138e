// SPDX-License-Identifier: Apache-2.0
#include "core/config/wording.hpp"

#include "core/base/error.hpp"
#include "core/base/nearest.hpp"

namespace rt {

std::string enumerate(const std::vector<std::string>& words) {
    if (words.empty()) return "none";
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i)
        out += cat(i == 0 ? "" : i + 1 == words.size() ? " and " : ", ", "'", words[i], "'");
    return out;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    const std::string best = nearest(word, known);
    return best.empty() ? best : cat(" (did you mean '", best, "'?)");
}

} // namespace rt
