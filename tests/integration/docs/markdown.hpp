// SPDX-License-Identifier: Apache-2.0
// As much of Markdown as the tests of the documentation need: fenced blocks, links, and code spans.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt::test {

// The content of each ``` block that is marked with this language, in order.
std::vector<std::string> fenced_blocks(std::string_view text, std::string_view language);

// Targets of [text](target) outside of fenced blocks, without a #fragment; web addresses are left out.
std::vector<std::string> relative_links(std::string_view text);

// Every word that follows "make " at the beginning of a code span or of a line in a block without a language.
std::vector<std::string> make_targets(std::string_view text);

} // namespace rt::test
