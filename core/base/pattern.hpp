// SPDX-License-Identifier: Apache-2.0
// Regular expressions (POSIX extended) of users, found anywhere in a text. Any thread.
#pragma once

#include <string>

namespace rt {

bool is_pattern(const std::string& text);
// False also where pattern is none.
bool finds(const std::string& pattern, const std::string& text);

} // namespace rt
