// SPDX-License-Identifier: Apache-2.0
// Commands of docker's that rt does not have: who types one has not mistyped another, and is told so.
#pragma once

#include <string>
#include <string_view>

namespace rt::cli {

struct AbsentCommand {
    std::string_view words; // "push|image push": all spellings
    std::string_view why;   // goes on after "there is no command '...'"
};

// first, or first and second (which may be ""). Null: docker does not have it either.
const AbsentCommand* find_absent(std::string_view first, std::string_view second);

} // namespace rt::cli
