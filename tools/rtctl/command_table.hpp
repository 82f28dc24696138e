// SPDX-License-Identifier: Apache-2.0
// All commands with their options as data: what help, shell completion and the manual pages are made of. One
// thread.
#pragma once

#include "tools/rtctl/command.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace boost::program_options {
class options_description;
}

namespace rt::cli {

struct CommandGroup {
    std::string_view title;
    std::vector<const Command*> commands;
};

// Those that help shows, in its order.
const std::vector<CommandGroup>& command_groups();

// The first words of commands of two, as help lists them.
struct GroupWord {
    std::string_view word, summary;
};
const std::vector<GroupWord>& group_words();

// For the engine's own use and the build's.
const std::vector<const Command*>& hidden_commands();

// While it is set, parse() (options.hpp) hands the options of a command that is asked for its help to it, and
// prints nothing.
using HelpSink = std::function<void(const boost::program_options::options_description&)>;
void set_help_sink(HelpSink sink);

struct OptionInfo {
    std::string name;       // "name", without dashes
    std::string short_name; // "n", or ""
    std::string value;      // "FILE"; "" where it takes none
    std::string text;
};

struct CommandInfo {
    const Command* command = nullptr;
    std::vector<OptionInfo> options;
    std::string name{};       // the command's, or another spelling of it
    std::string_view usage{}; // with the words that stand for its operands

    // What may follow the options, as far as it can be completed.
    enum class Operand { container, image, network, volume, file };
    [[nodiscard]] std::vector<Operand> operands() const;
};

std::vector<CommandInfo> describe_commands();
// Each under all of its spellings.
std::vector<CommandInfo> describe_spellings();

} // namespace rt::cli
