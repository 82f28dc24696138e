// SPDX-License-Identifier: Apache-2.0
// Text from outside (images, plugins, command lines of containers) on its way to a terminal or into JSON.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace rt {

// Control characters and what is not UTF-8 become '?': one line stays one line, and no terminal is told
// anything.
std::string printable(std::string_view text);

} // namespace rt
