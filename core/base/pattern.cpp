// SPDX-License-Identifier: Apache-2.0
#include "core/base/pattern.hpp"

#include <regex.h>

namespace rt {

bool is_pattern(const std::string& text) {
    regex_t compiled;
    if (::regcomp(&compiled, text.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
    ::regfree(&compiled);
    return true;
}

bool finds(const std::string& pattern, const std::string& text) {
    regex_t compiled;
    if (::regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
    const bool found = ::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
    ::regfree(&compiled);
    return found;
}

} // namespace rt
