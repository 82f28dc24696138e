// SPDX-License-Identifier: Apache-2.0
// As much of Markdown as the tests of the documentation need: fenced blocks, links, and code spans.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt::test {

// The content of each ``` block that is marked with this language, in order.
std::vector<std::string> fenced_blocks(std::string_view text, std::string_view language);

struct TypedCommand {
    std::string line;
    std::string output; // what the page shows below it
};
// Those of a block of language `console`: lines that begin with "$ ", each with what follows it.
std::vector<TypedCommand> typed_commands(std::string_view block);

// The same but for what differs from run to run: ids, times, sizes, addresses, process ids, how wide columns
// are. A line "..." on the page stands for any lines.
bool is_same_output(std::string_view page, std::string_view real);

// Targets of [text](target) outside of fenced blocks, without a #fragment; web addresses are left out.
std::vector<std::string> relative_links(std::string_view text);

// Every word that follows "make " at the beginning of a code span or of a line in a block without a language.
std::vector<std::string> make_targets(std::string_view text);

} // namespace rt::test
