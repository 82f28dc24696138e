// SPDX-License-Identifier: Apache-2.0
// Text: how parts are joined, and what comes from outside (images, plugins, command lines of containers) on
// its way to a terminal or into JSON. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace rt {

// Control characters and what is not UTF-8 become '?': one line stays one line, and no terminal is told
// anything.
std::string printable(std::string_view text);

// parts: strings or what becomes a std::string_view; one after the other with separator between them.
template <class Parts>
std::string joined(const Parts& parts, std::string_view separator) {
    std::string text;
    bool is_first = true;
    for (const auto& part : parts) {
        if (!std::exchange(is_first, false)) text += separator;
        text += std::string_view(part);
    }
    return text;
}

} // namespace rt
