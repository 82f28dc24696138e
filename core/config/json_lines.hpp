// SPDX-License-Identifier: Apache-2.0
// On which line of a JSON text each value stands: a JSON parser forgets that, and people need it. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <map>
#include <string>
#include <string_view>

namespace rt {

// JSON pointer (RFC 6901) -> line, counted from 1: of the key for a member of an object, of the value for an
// element of an array; "" is the whole text.
using JsonLines = std::map<std::string, int>;

// invalid_argument with the line: a key stands twice in one object. Text that is not JSON ends the scan early
// without an error, since the parser says that better.
Result<JsonLines> scan_lines(std::string_view text, std::string_view what);

// A key as one step of a JSON pointer: '~' becomes "~0", '/' becomes "~1".
std::string pointer_step(std::string_view key);

} // namespace rt
