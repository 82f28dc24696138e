// SPDX-License-Identifier: Apache-2.0
// docker's grouped spellings ("container ls" for "ps"): other words for commands that are there, in one
// table, from which both finding and help are made.
#pragma once

#include "tools/rtctl/command.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::cli {

struct Spelling {
    std::string_view group;    // "container"
    std::string_view names;    // "ls list ps": separated by spaces; help shows the first
    const Command* command;    // what it stands for
    std::string_view option{}; // that goes before all others; "": none
};

std::span<const Spelling> spellings();
// Null: these two words are none.
const Spelling* find_spelling(std::string_view group, std::string_view name);
std::vector<std::string> names_of(const Spelling& spelling);
// "volume list": its command is listed in this group already, under the name that it has.
bool is_in_own_group(const Spelling& spelling);

} // namespace rt::cli
