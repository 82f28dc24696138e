// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rt {

std::string base64(std::string_view bytes);
// Of both alphabets ("+/" and "-_"), with padding or without. Empty: it is none.
std::optional<std::string> from_base64(std::string_view text);

} // namespace rt
