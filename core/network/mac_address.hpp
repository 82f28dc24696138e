// SPDX-License-Identifier: Apache-2.0
// Hardware addresses of 48 bits, as users write them. Pure; any thread.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>

namespace rt {

// "02:42:0a:00:00:05", also with '-' between bytes or '.' between pairs of them; answers the first form in
// small letters. invalid_argument: no such address, or one that no single interface can have.
Result<std::string> parse_mac(std::string_view text);

} // namespace rt
