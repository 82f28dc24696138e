// SPDX-License-Identifier: Apache-2.0
// docker's grouped spellings ("container ls" for "ps"): other words for commands that are there, in one
// table, from which both finding and help are made.
#pragma once

#include "tools/rtctl/command.hpp"

#include <span>
#include <string_view>

namespace rt::cli {

struct Spelling {
    std::string_view group;    // "container"
    std::string_view names;    // "ls list ps": separated by spaces; help and completion show the first
    const Command* command;    // what it stands for
    std::string_view option{}; // that goes before all others; "": none
};

std::span<const Spelling> spellings();
// Is it spelt so by itself ("volume ls")?
bool is_in_group(const Command& command, std::string_view group);
// Null: these two words are none.
const Spelling* find_spelling(std::string_view group, std::string_view name);
std::string_view first_name(const Spelling& spelling);

} // namespace rt::cli
