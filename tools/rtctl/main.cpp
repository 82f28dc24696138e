// SPDX-License-Identifier: Apache-2.0
// rtctl: finds the command that the words name, runs it, and turns its error into one line and an exit code.
#include "tools/rtctl/absent_commands.hpp"
#include "tools/rtctl/command_table.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/spellings.hpp"

#include "core/base/nearest.hpp"
#include "core/base/text.hpp"

#include <malloc.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rt::cli {
namespace {

constexpr std::string_view kNoDaemon =
    "there is no daemon to connect to: rtctl works on this host; '--config FILE' chooses another wiring";
constexpr std::string_view kNoLevel = "'--debug' shows what drivers log, warnings are shown always";

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
            "  -D, --debug      show what drivers log\n"
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

int unknown_command(const Arguments& words) {
    const std::string& first = words.front();
    const std::string second = words.size() > 1 ? words[1] : std::string();
    if (const AbsentCommand* const absent = find_absent(first, second)) {
        const bool of_group = find_group(first) != nullptr;
        print_error({Code::unsupported, 0,
                     cat("there is no command '", first, of_group ? " " : "", of_group ? second : "", "'",
                         absent->why)});
        return kFailed;
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
    const std::string hint = best.empty() ? cat("'rtctl ", prefix, "--help' lists the commands")
                                          : cat("did you mean '", prefix, best, "'?");
    std::fprintf(stderr, "rtctl: unknown command '%s%s'; %s\n", prefix.c_str(), misspelt.c_str(),
                 hint.c_str());
    return kFailed;
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
    Outcome outcome = kFailed;
    try {
        outcome = match.command->run(globals, rest);
    } catch (const std::exception& exception) {
        outcome = fail(Code::internal, match.command->name, ": ", exception.what());
    }
    if (std::fflush(stdout) != 0 && outcome && errno != EPIPE)
        outcome = fail_errno(errno, match.command->name, ": write to standard output");
    if (outcome) return *outcome;
    print_error(outcome.error().error);
    return outcome.error().exit_code;
}

// docker's, which stand before the command and have no meaning here.
constexpr std::pair<std::string_view, std::string_view> kDockersGlobals[] = {
    {"-H", kNoDaemon},        {"--host", kNoDaemon},     {"-c", kNoDaemon},
    {"--context", kNoDaemon}, {"--tls", kNoDaemon},      {"--tlscacert", kNoDaemon},
    {"--tlscert", kNoDaemon}, {"--tlskey", kNoDaemon},   {"--tlsverify", kNoDaemon},
    {"-l", kNoLevel},         {"--log-level", kNoLevel},
};

std::string_view hint_for_global(const std::string& word) {
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    for (const auto& [option, hint] : kDockersGlobals) {
        const bool with_value =
            option.size() == 2 && name.size() > 2 && name.starts_with(option); // -Htcp://...
        if (name == option || (with_value && name[1] != '-')) return hint;
    }
    return "see 'rtctl --help'";
}

Failure no_such_global(const std::string& word) {
    return {{Code::invalid_argument, 0,
             cat("unknown option '", word, "' before the command; ", hint_for_global(word))},
            kWrongOption};
}

// What stands before the command. An empty optional: all that was asked for is done.
struct Start {
    Globals globals;
    std::size_t first = 0; // where the command is
};

std::expected<std::optional<Start>, Failure> read_globals(const Arguments& arguments) {
    Start start;
    std::size_t& i = start.first;
    for (; i < arguments.size() && arguments[i].starts_with('-'); ++i) {
        const std::string& word = arguments[i];
        if (word == "--config" && i + 1 < arguments.size()) {
            start.globals.config_file = arguments[++i];
        } else if (word.starts_with("--config=")) {
            start.globals.config_file = word.substr(std::strlen("--config="));
        } else if (word == "--config") {
            return wrong_option("option '--config' needs the path of a wiring file");
        } else if (word == "--debug" || word == "-D") {
            start.globals.debug = true;
        } else if (word == "--version" || word == "-v") {
            std::puts("rtctl " RT_VERSION);
            return std::nullopt;
        } else if (word == "--help" || word == "-h") {
            print_help();
            return std::nullopt;
        } else {
            return std::unexpected(no_such_global(word));
        }
    }
    std::error_code problem;
    if (std::filesystem::is_directory(start.globals.config_file, problem))
        return wrong_option("--config '", start.globals.config_file.native(),
                            "': it is a directory, as docker's --config names one; here it is a wiring file "
                            "(JSON, /etc/rt/config.json where nothing is said)");
    return start;
}

int main_with(const Arguments& arguments) {
    const auto start = read_globals(arguments);
    if (!start) {
        print_error(start.error().error);
        return start.error().exit_code;
    }
    if (!*start) return 0;
    const auto& [globals, first] = **start;
    const Arguments words(arguments.begin() + static_cast<std::ptrdiff_t>(first), arguments.end());
    if (words.empty() || words == Arguments{"help"}) {
        print_help();
        return 0;
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
    // It lives for milliseconds: what it has freed it will need again, and the kernel would have to clear it
    // anew.
    ::mallopt(M_TOP_PAD, 1 << 20);
    ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
    ::umask(022); // what containers are to read (hosts, mount points) must not depend on who calls
    return rt::cli::main_with({argv + 1, argv + argc});
}
