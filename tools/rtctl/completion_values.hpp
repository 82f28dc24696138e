// SPDX-License-Identifier: Apache-2.0
// What shells offer as values of options. Pure.
#pragma once

#include "tools/rtctl/command_table.hpp"

#include <string>
#include <vector>

namespace rt::cli {

// Each is a word, or asks for names: "@container", "@image", "@network", "@volume", "@storage", "@isolation",
// "@driver" (of networks), "@file"; "@container:" asks for containers, each with "container:" before it.
// Empty: nobody can guess.
std::vector<std::string> completion_values(const CommandInfo& command, const OptionInfo& option);

} // namespace rt::cli
