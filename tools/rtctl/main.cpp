// SPDX-License-Identifier: Apache-2.0
// rtctl: finds the command that the words name, runs it, and turns its error into one line and an exit code.
#include "tools/rtctl/absent_commands.hpp"
#include "tools/rtctl/command_table.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/spellings.hpp"

#include "core/base/nearest.hpp"
#include "core/base/text.hpp"

#include <sys/stat.h>

#include <algorithm>
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

std::string summary_line(std::string_view words, std::string_view summary) {
    std::string name(words);
    name.resize(std::max<std::size_t>(13, name.size() + 1), ' ');
    return cat("  ", name, summary, "\n");
}

const GroupWord* find_group(std::string_view word) {
    const auto found = std::ranges::find(group_words(), word, &GroupWord::word);
    return found == group_words().end() ? nullptr : &*found;
}

// "volume ls", which 'rtctl volume' lists.
bool is_grouped(std::string_view name) {
    const auto space = name.find(' ');
    return space != std::string_view::npos && find_group(name.substr(0, space)) != nullptr;
}

void print_help() {
    std::string text = "Usage: rtctl [--config FILE] [--debug] COMMAND [OPTIONS]\n\n"
                       "A container engine in which every driver is a plugin.\n";
    for (const CommandGroup& group : command_groups()) {
        std::string lines;
        for (const Command* command : group.commands)
            if (!is_grouped(command->name)) lines += summary_line(command->name, command->summary);
        if (!lines.empty()) text += cat("\n", group.title, ":\n", lines);
    }
    text += "\nGroups of commands ('rtctl GROUP' lists them):\n";
    for (const auto& [word, summary] : group_words()) text += summary_line(word, summary);
    text += "\nOptions:\n"
            "  --config FILE    the wiring file (default: /etc/rt/config.json where it exists)\n"
            "  --debug          show what drivers log\n"
            "  -v, --version    show the version\n"
            "  -h, --help       show this text\n\n"
            "'rtctl COMMAND --help' tells more about a command.\n";
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

// What may follow the word of a group, by use(word, command); a command under one name alone.
template <class Use>
void each_of_group(std::string_view group, const Use& use) {
    for (const Spelling& spelling : spellings())
        if (spelling.group == group && !is_in_own_group(spelling))
            use(names_of(spelling).front(), *spelling.command);
    for (const CommandGroup& commands : command_groups())
        for (const Command* command : commands.commands)
            if (command->name.starts_with(cat(group, " ")))
                use(std::string(command->name.substr(group.size() + 1)), *command);
}

// The commands of a first word that is no group of docker's ("explain").
std::string commands_with(const std::string& first) {
    std::string found;
    each_of_group(first, [&](const std::string& word, const Command&) {
        found += cat(found.empty() ? "'" : ", '", first, " ", word, "'");
    });
    return found;
}

int unknown_command(const Arguments& words) {
    const std::string& first = words.front();
    const std::string second = words.size() > 1 ? words[1] : std::string();
    if (const AbsentCommand* const absent = find_absent(first, second)) {
        const bool of_group = find_group(first) != nullptr;
        print_error({Code::unsupported, 0,
                     cat("there is no command '", first, of_group ? " " : "", of_group ? second : "", "'",
                         absent->why)});
        return 1;
    }
    const bool in_group = find_group(first) != nullptr && words.size() > 1;
    std::vector<std::string> known;
    if (in_group) {
        each_of_group(first, [&](const std::string& word, const Command&) { known.push_back(word); });
    } else {
        for (const CommandGroup& group : command_groups())
            for (const Command* command : group.commands) known.emplace_back(command->name);
        for (const GroupWord& group : group_words()) known.emplace_back(group.word);
    }
    const std::string prefix = in_group ? first + " " : "";
    const std::string& misspelt = in_group ? words[1] : first;
    const std::string best = nearest(misspelt, known);
    const std::string begun = in_group ? std::string() : commands_with(first);
    const std::string hint = !begun.empty() ? cat("there is ", begun)
                             : best.empty() ? cat("'rtctl ", prefix, "--help' lists the commands")
                                            : cat("did you mean '", prefix, best, "'?");
    std::fprintf(stderr, "rtctl: unknown command '%s%s'; %s\n", prefix.c_str(), misspelt.c_str(),
                 hint.c_str());
    return kUsageExit;
}

Arguments help_for(const Match& match, const Arguments& words) {
    Arguments asked(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(match.words));
    asked.emplace_back("--help");
    return asked;
}

void print_group_help(const GroupWord& group) {
    std::vector<std::string> lines;
    each_of_group(group.word, [&](const std::string& word, const Command& command) {
        lines.push_back(summary_line(word, command.summary));
    });
    std::ranges::sort(lines);
    std::string text = cat("Usage: rtctl ", group.word, " COMMAND\n\n", group.summary, "\n\nCommands:\n");
    for (const std::string& line : lines) text += line;
    text += cat("\n'rtctl ", group.word, " COMMAND --help' tells more about a command.\n");
    std::fwrite(text.data(), 1, text.size(), stdout);
}

// The group whose list these words ask for: "volume", "volume --help". Null: none.
const GroupWord* asked_group(const Arguments& words) {
    const bool asks = words.size() == 1 || (words.size() == 2 && (words[1] == "--help" || words[1] == "-h"));
    return asks ? find_group(words.front()) : nullptr;
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
    // "help X" is "X --help".
    const bool help = words.front() == "help";
    const Arguments named(words.begin() + (help ? 1 : 0), words.end());
    const Match match = find_command(named);
    if (match.command != nullptr) return run_command(match, globals, help ? help_for(match, named) : named);
    const GroupWord* const group = asked_group(named);
    if (group == nullptr) return unknown_command(named);
    print_group_help(*group);
    return 0;
}

} // namespace
} // namespace rt::cli

int main(int argc, char** argv) {
    ::umask(022); // what containers are to read (hosts, mount points) must not depend on who calls
    return rt::cli::main_with({argv + 1, argv + argc});
}
