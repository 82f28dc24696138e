// SPDX-License-Identifier: Apache-2.0
// rtctl: finds the command that the words name, runs it, and turns its error into one line and an exit code.
#include "tools/rtctl/command_table.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/spellings.hpp"

#include "core/base/nearest.hpp"
#include "core/base/text.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace rt::cli {
namespace {

constexpr int kUsageExit = 125; // what docker run ends with when the fault is not the program's

std::string summary_line(std::string_view words, const Command& command) {
    std::string name(words);
    name.resize(20, ' ');
    return cat("  ", name, command.summary, "\n");
}

void print_help() {
    std::string text = "Usage: rtctl [--config FILE] [--debug] COMMAND [OPTIONS]\n\n"
                       "A container engine in which every driver is a plugin.\n";
    for (const CommandGroup& group : command_groups()) {
        text += cat("\n", group.title, ":\n");
        for (const Command* command : group.commands) text += summary_line(command->name, *command);
    }
    text += "\nOptions:\n"
            "  --config FILE    the wiring file (default: /etc/rt/config.json where it exists)\n"
            "  --debug          show what drivers log\n"
            "  -v, --version    show the version\n"
            "  -h, --help       show this text\n\n"
            "'rtctl COMMAND --help' tells more about a command. Docker's grouped spellings work as well:\n"
            "'rtctl container' and 'rtctl image' list them.\n";
    std::fwrite(text.data(), 1, text.size(), stdout);
}

// The command that the first word, or the first two, name.
struct Match {
    const Command* command = nullptr;
    std::size_t words = 0;
    Arguments options{}; // that this spelling of it brings with it
};

Match find_command(const Arguments& words) {
    const std::string one = words.front();
    const std::string two = words.size() > 1 ? cat(one, " ", words[1]) : std::string();
    for (const Command* hidden : hidden_commands())
        if (one == hidden->name) return {hidden, 1};
    for (const CommandGroup& group : command_groups())
        for (const Command* command : group.commands) {
            if (command->name == one) return {command, 1};
            if (!two.empty() && command->name == two) return {command, 2};
        }
    const Spelling* const spelling = words.size() > 1 ? find_spelling(one, words[1]) : nullptr;
    if (spelling == nullptr) return {};
    Match match{spelling->command, 2, {}};
    if (!spelling->option.empty()) match.options.emplace_back(spelling->option);
    return match;
}

// The commands that begin with this word, and other commands' spellings that do, each by use(words, command).
template <class Use>
void each_of_group(const std::string& word, const Use& use) {
    for (const Spelling& spelling : spellings())
        if (spelling.group == word && !is_in_group(*spelling.command, word))
            use(cat(word, " ", first_name(spelling)), *spelling.command);
    for (const CommandGroup& group : command_groups())
        for (const Command* command : group.commands)
            if (is_in_group(*command, word)) use(std::string(command->name), *command);
}

int unknown_command(const Arguments& words) {
    std::vector<std::string> known;
    each_of_group(words.front(), [&](const std::string& name, const Command&) { known.push_back(name); });
    const bool in_group = !known.empty() && words.size() > 1;
    const std::string name = in_group ? cat(words[0], " ", words[1]) : words.front();
    if (!in_group)
        for (const CommandGroup& group : command_groups())
            for (const Command* command : group.commands) {
                known.emplace_back(command->name);
                known.emplace_back(command->name.substr(0, command->name.find(' ')));
            }
    const std::string best = nearest(name, known);
    const std::string hint = !best.empty() ? cat("did you mean '", best, "'?")
                             : in_group    ? cat("'rtctl ", words.front(), "' lists those there are")
                                           : std::string("'rtctl --help' lists the commands");
    std::fprintf(stderr, "rtctl: unknown command '%s'; %s\n", printable(name).c_str(), hint.c_str());
    return kUsageExit;
}

Arguments help_for(const Match& match, const Arguments& words) {
    Arguments asked(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(match.words));
    asked.emplace_back("--help");
    return asked;
}

// False: no command begins with this word.
bool print_group_help(const std::string& word) {
    std::string text;
    each_of_group(
        word, [&](const std::string& name, const Command& command) { text += summary_line(name, command); });
    if (text.empty()) return false;
    text =
        cat("Usage: rtctl ", word, " COMMAND\n\n", text, "\n'rtctl ", word, " COMMAND --help' tells more.\n");
    std::fwrite(text.data(), 1, text.size(), stdout);
    return true;
}

int run_command(const Match& match, const Globals& globals, const Arguments& words) {
    Arguments rest = match.options;
    rest.insert(rest.end(), words.begin() + static_cast<std::ptrdiff_t>(match.words), words.end());
    Result<int> outcome = fail(Code::internal, "");
    try {
        outcome = match.command->run(globals, rest);
    } catch (const std::exception& exception) {
        outcome = fail(Code::internal, match.command->name, ": ", exception.what());
    }
    if (std::fflush(stdout) != 0 && outcome && errno != EPIPE)
        outcome = fail_errno(errno, match.command->name, ": write to standard output");
    if (outcome) return *outcome;
    print_error(outcome.error());
    return outcome.error().code == Code::invalid_argument ? kUsageExit : 1;
}

int main_with(const Arguments& arguments) {
    Globals globals;
    std::size_t i = 0;
    for (; i < arguments.size() && arguments[i].starts_with('-'); ++i) {
        const std::string& word = arguments[i];
        if (word == "--config" && i + 1 < arguments.size()) {
            globals.config_file = arguments[++i];
        } else if (word.starts_with("--config=")) {
            globals.config_file = word.substr(std::strlen("--config="));
        } else if (word == "--config") {
            std::fputs("rtctl: option '--config' needs the path of a wiring file\n", stderr);
            return kUsageExit;
        } else if (word == "--debug") {
            globals.debug = true;
        } else if (word == "--version" || word == "-v") {
            std::puts("rtctl " RT_VERSION);
            return 0;
        } else if (word == "--help" || word == "-h") {
            print_help();
            return 0;
        } else {
            std::fprintf(stderr, "rtctl: unknown option '%s' before the command; see 'rtctl --help'\n",
                         word.c_str());
            return kUsageExit;
        }
    }
    const Arguments words(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
    if (words.empty() || words == Arguments{"help"}) {
        print_help();
        return words.empty() ? kUsageExit : 0;
    }
    // "help X" is "X --help"; a first word of several commands ("config") is answered with those.
    const bool help = words.front() == "help";
    const Arguments named(words.begin() + (help ? 1 : 0), words.end());
    const Match match = find_command(named);
    if (match.command != nullptr) return run_command(match, globals, help ? help_for(match, named) : named);
    const bool asks = named.size() == 1 || (named.size() == 2 && (named[1] == "--help" || named[1] == "-h"));
    return asks && print_group_help(named.front()) ? 0 : unknown_command(named);
}

} // namespace
} // namespace rt::cli

int main(int argc, char** argv) {
    ::umask(022); // what containers are to read (hosts, mount points) must not depend on who calls
    return rt::cli::main_with({argv + 1, argv + argc});
}
