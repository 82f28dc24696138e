// SPDX-License-Identifier: Apache-2.0
// Completion for shells, made of the options as they are.
#include "core/base/text.hpp"
#include "tools/rtctl/command_table.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/completion_values.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <algorithm>
#include <set>

namespace rt::cli {
namespace {

constexpr std::string_view kContainers = "ps -a --format '{{.Names}}'";
constexpr std::string_view kImages = "images --format '{{.Repository}}:{{.Tag}}'";
constexpr std::string_view kNetworks = "network ls --format '{{.Name}}'";
constexpr std::string_view kVolumes = "volume ls -q";

// What rtctl is asked for the names that "@NAME" stands for (completion_values.hpp), a line each.
struct Question {
    std::string_view name, command;
};
constexpr Question kQuestions[] = {
    {"container", kContainers},
    {"image", kImages},
    {"network", kNetworks},
    {"volume", kVolumes},
    {"storage", "info --format '{{range .Rt.Drivers.storage}}{{println .}}{{end}}'"},
    {"isolation", "info --format '{{range .Rt.Drivers.isolation}}{{println .}}{{end}}'"},
    {"driver", "info --format '{{range .Rt.Drivers.network}}{{println .}}{{end}}'"},
    {"container:", "ps -a --format 'container:{{.Names}}'"},
};

bool is_file(const OptionInfo& option) {
    return option.value == "FILE" || option.value == "DIR";
}

std::string_view name_of(CommandInfo::Operand operand) {
    switch (operand) {
    case CommandInfo::Operand::container: return "container";
    case CommandInfo::Operand::image: return "image";
    case CommandInfo::Operand::network: return "network";
    case CommandInfo::Operand::volume: return "volume";
    case CommandInfo::Operand::file: break;
    }
    return "file";
}

// What rtctl is asked for them; "": nothing.
std::string_view names_for(CommandInfo::Operand operand) {
    switch (operand) {
    case CommandInfo::Operand::container: return kContainers;
    case CommandInfo::Operand::image: return kImages;
    case CommandInfo::Operand::network: return kNetworks;
    case CommandInfo::Operand::volume: return kVolumes;
    case CommandInfo::Operand::file: break;
    }
    return "";
}

std::string first_word(const CommandInfo& info) {
    return info.name.substr(0, info.name.find(' '));
}

std::string second_word(const CommandInfo& info) {
    const auto space = info.name.find(' ');
    return space == std::string::npos ? std::string() : info.name.substr(space + 1);
}

// Inside single quotes of any shell.
std::string single_quoted(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out;
}

// "-n --name", of those with (or without) a value.
std::string words_of(const CommandInfo& info, bool with_value) {
    std::string words;
    for (const OptionInfo& option : info.options) {
        if (option.value.empty() == with_value) continue;
        if (!option.short_name.empty()) words += cat(words.empty() ? "" : " ", "-", option.short_name);
        words += cat(words.empty() ? "" : " ", "--", option.name);
    }
    return words;
}

// '-f --filter|status=running name=' for bash: an element for each option whose values are known.
std::string values_of(const CommandInfo& info) {
    std::string list;
    for (const OptionInfo& option : info.options) {
        const auto values = completion_values(info, option);
        if (values.empty()) continue;
        list +=
            cat(list.empty() ? "'" : " '", option.short_name.empty() ? "" : cat("-", option.short_name, " "),
                "--", option.name, "|", joined(values, " "), "'");
    }
    return list;
}

std::string operand_words(const CommandInfo& info) {
    std::string words;
    for (const auto operand : info.operands()) words += cat(words.empty() ? "@" : " @", name_of(operand));
    return words;
}

std::string first_words(const std::vector<CommandInfo>& all) {
    std::set<std::string> words{"help"};
    for (const CommandInfo& info : all) words.insert(first_word(info));
    return joined(words, " ");
}

std::set<std::string> groups_of(const std::vector<CommandInfo>& all) {
    std::set<std::string> groups;
    for (const CommandInfo& info : all)
        if (!second_word(info).empty()) groups.insert(first_word(info));
    return groups;
}

std::string second_words(const std::vector<CommandInfo>& all, const std::string& group) {
    std::string list;
    for (const CommandInfo& info : all)
        if (first_word(info) == group && !second_word(info).empty())
            list += cat(list.empty() ? "" : " ", second_word(info));
    return list;
}

constexpr std::string_view kBashBegin = R"sh(# bash completion of rtctl; made by 'rtctl completion bash'
_rtctl() {
    local cur prev i command= seconds= flags= valued= operands= word entry
    local -a globals=() words=() values=()
    COMPREPLY=()
    # bash takes words apart at ':' and '='.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((${#words[@]})) && [[ $word == [:=] || (${COMP_WORDS[i-1]} == [:=] && -n $word) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
    done
    local last=$((${#words[@]} - 1))
    cur=${words[last]} prev=${words[last-1]} i=1
    if [[ $cur == --*=* ]]; then
        prev=${cur%%=*} cur=${cur#*=}
    fi
    while ((i < last)); do
        case ${words[i]} in
        --config) globals+=(--config "${words[i+1]}"); ((i += 2)) ;;
        -*) ((i += 1)) ;;
        *) break ;;
        esac
    done
    if ((i >= last)); then
        if [[ $prev == --config ]]; then
            COMPREPLY=($(compgen -f -- "$cur"))
        elif [[ $cur == -* ]]; then
            COMPREPLY=($(compgen -W '--config --debug --help --version' -- "$cur"))
        else
            COMPREPLY=($(compgen -W "$firsts" -- "$cur"))
        fi
        return
    fi
    command=${words[i]}
    case $command in
)sh";

constexpr std::string_view kBashMiddle = R"sh(    esac
    if [[ -n $seconds ]]; then
        ((i += 1))
        if ((i >= last)); then
            COMPREPLY=($(compgen -W "$seconds" -- "$cur"))
            return
        fi
        command="$command ${words[i]}"
    fi
    case $command in
)sh";

constexpr std::string_view kBashEnd = R"sh(        *) return ;;
    esac
    for entry in "${values[@]}"; do
        for word in ${entry%%|*}; do
            if [[ $prev == "$word" ]]; then
                _rtctl_offer ${entry#*|}
                return
            fi
        done
    done
    for word in $valued; do
        [[ $prev == "$word" ]] && return
    done
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$flags $valued" -- "$cur"))
        return
    fi
    _rtctl_offer $operands
}
# Words, and what '@NAME' stands for. Of what bash takes for several words, it wants the last.
_rtctl_offer() {
    local word begun=
    for word in "$@"; do
        case $word in
        @file) COMPREPLY+=($(compgen -f -- "$cur")) ;;
        @*) COMPREPLY+=($(compgen -W "$(_rtctl_ask "${word#@}")" -- "$cur")) ;;
        *) COMPREPLY+=($(compgen -W "$word" -- "$cur")) ;;
        esac
    done
    [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && begun=${cur%"${cur##*:}"}
    [[ ${cur#"$begun"} == *=* && $COMP_WORDBREAKS == *=* ]] && begun=${cur%"${cur##*=}"}
    COMPREPLY=("${COMPREPLY[@]#"$begun"}")
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[=:] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -F _rtctl rtctl
)sh";

// `globals` is _rtctl's.
std::string bash_ask() {
    const auto answer = [](std::string_view what, std::string_view command) {
        return cat("        ", what, ") \"${COMP_WORDS[0]}\" \"${globals[@]}\" ", command,
                   " 2>/dev/null ;;\n");
    };
    std::string answers;
    for (const auto& [name, command] : kQuestions) answers += answer(name, command);
    return cat("_rtctl_ask() {\n    case $1 in\n", answers, "    esac\n}\n");
}

std::string bash(const std::vector<CommandInfo>& all) {
    std::string groups;
    for (const std::string& group : groups_of(all))
        groups += cat("        ", group, ") seconds='", second_words(all, group), "' ;;\n");
    std::string commands;
    for (const CommandInfo& info : all)
        commands += cat("        '", info.name, "') flags='", words_of(info, false), "' valued='",
                        words_of(info, true), "' operands='", operand_words(info), "' values=(",
                        values_of(info), ") ;;\n");
    std::string begin(kBashBegin);
    const std::string_view place = "\"$firsts\"";
    begin.replace(begin.find(place), place.size(), cat("'", first_words(all), "'"));
    return cat(begin, groups, kBashMiddle, commands, kBashEnd, bash_ask());
}

// In a spec of _arguments, inside single quotes.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
        out += c;
    }
    return single_quoted(out);
}

std::string zsh_specs(const CommandInfo& info) {
    std::string specs;
    for (const OptionInfo& option : info.options) {
        const std::string values = joined(completion_values(info, option), " ");
        const std::string action = is_file(option)  ? "_files"
                                   : values.empty() ? " "
                                                    : cat("{_rtctl_offer ", zsh_text(values), "}");
        const std::string value =
            option.value.empty() ? std::string() : cat(":", zsh_text(option.value), ":", action);
        const std::string text = cat("[", zsh_text(option.text), "]", value);
        specs += cat(" \\\n            '*--", option.name, option.value.empty() ? "" : "=", text, "'");
        if (!option.short_name.empty())
            specs +=
                cat(" \\\n            '*-", option.short_name, option.value.empty() ? "" : "+", text, "'");
    }
    // In braces: to be run.
    if (const std::string words = operand_words(info); !words.empty())
        specs += cat(" \\\n            '*:operand:{_rtctl_offer ", words, "}'");
    return specs;
}

constexpr std::string_view kZshBegin = R"sh(_rtctl() {
    local -a seconds
    local command
    if ((CURRENT == 2)); then
        compadd -- $firsts
        return
    fi
    command=$words[2]
    case $command in
)sh";

constexpr std::string_view kZshMiddle = R"sh(    esac
    shift words
    ((CURRENT -= 1))
    if ((${#seconds})); then
        if ((CURRENT == 2)); then
            compadd -- $seconds
            return
        fi
        command="$command $words[2]"
        shift words
        ((CURRENT -= 1))
    fi
    case $command in
)sh";

// Offers words, and what '@NAME' stands for.
std::string zsh_offer() {
    std::string cases;
    for (const auto& [name, command] : kQuestions)
        cases += cat("        @", name, ") compadd -- ${(f)\"$(rtctl ", command, " 2>/dev/null)\"} ;;\n");
    return cat("_rtctl_offer() {\n    local word\n    for word in \"$@\"; do\n        case $word in\n"
               "        @file) _files ;;\n",
               cases,
               "        *[=:]) compadd -S '' -- $word ;;\n        *) compadd -- $word ;;\n"
               "        esac\n    done\n}\n");
}

std::string zsh(const std::vector<CommandInfo>& all) {
    std::string groups;
    for (const std::string& group : groups_of(all))
        groups += cat("        ", group, ") seconds=(", second_words(all, group), ") ;;\n");
    std::string commands;
    for (const CommandInfo& info : all)
        commands += cat("        '", info.name, "') _arguments -s", zsh_specs(info), " ;;\n");
    std::string begin(kZshBegin);
    const std::string_view place = "$firsts";
    begin.replace(begin.find(place), place.size(), first_words(all));
    return cat("#compdef rtctl\n# zsh completion of rtctl; made by 'rtctl completion zsh'\n", zsh_offer(),
               begin, groups, kZshMiddle, commands, "    esac\n}\n_rtctl \"$@\"\n");
}

// " -a '...'" with words and with what rtctl answers.
std::string fish_values(const CommandInfo& info, const OptionInfo& option) {
    std::string list;
    for (const std::string& value : completion_values(info, option)) {
        std::string shown = value;
        for (const auto& [name, command] : kQuestions)
            if (value == cat("@", name)) shown = cat("(rtctl ", command, " 2>/dev/null)");
        if (shown != "@file") list += cat(list.empty() ? "" : " ", shown);
    }
    return list.empty() ? list : cat(" -a \"", list, "\"");
}

std::string fish(const std::vector<CommandInfo>& all) {
    std::string text =
        cat("# fish completion of rtctl; made by 'rtctl completion fish'\ncomplete -c rtctl -f\n"
            "complete -c rtctl -n __fish_use_subcommand -a '",
            first_words(all), "'\n",
            "complete -c rtctl -n __fish_use_subcommand -l config -r -F\n"
            "complete -c rtctl -n __fish_use_subcommand -l debug\n");
    const std::string groups = joined(groups_of(all), " ");
    for (const std::string& group : groups_of(all))
        text += cat("complete -c rtctl -n '__fish_seen_subcommand_from ", group,
                    "; and not __fish_seen_subcommand_from ", second_words(all, group), "' -a '",
                    second_words(all, group), "'\n");
    for (const CommandInfo& info : all) {
        std::string condition = cat("__fish_seen_subcommand_from ", first_word(info));
        if (!second_word(info).empty())
            condition += cat("; and __fish_seen_subcommand_from ", second_word(info));
        else // "network create" is no "create"
            condition += cat("; and not __fish_seen_subcommand_from ", groups);
        const std::string start = cat("complete -c rtctl -n '", condition, "'");
        for (const OptionInfo& option : info.options)
            text += cat(start, " -l ", option.name,
                        option.short_name.empty() ? std::string() : cat(" -s ", option.short_name),
                        option.value.empty() ? std::string()
                        : is_file(option)    ? std::string(" -r -F")
                                             : cat(" -x", fish_values(info, option)),
                        " -d '", single_quoted(option.text), "'\n");
        for (const auto operand : info.operands())
            text += operand == CommandInfo::Operand::file
                        ? cat(start, " -F\n")
                        : cat(start, " -a \"(rtctl ", names_for(operand), " 2>/dev/null)\"\n");
    }
    return text;
}

Outcome completion(const Globals& /*globals*/, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kCompletion, options::options_description("Options"), arguments,
                                           Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    const std::string& shell = parsed->operands.front();
    if (shell != "bash" && shell != "zsh" && shell != "fish")
        return fail(Code::invalid_argument, "completion: '", shell, "' is not one of bash, zsh, fish");
    const auto all = describe_spellings();
    const std::string text = shell == "bash" ? bash(all) : shell == "zsh" ? zsh(all) : fish(all);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}

} // namespace

const Command kCompletion = {"completion", "bash|zsh|fish",
                             "Write what lets a shell complete command lines of rtctl", completion};

} // namespace rt::cli
