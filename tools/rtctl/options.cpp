// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/options.hpp"

#include "core/base/nearest.hpp"
#include "core/container/option_values.hpp"
#include "tools/rtctl/command_table.hpp"
#include "tools/rtctl/output.hpp"

#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>

#include <iostream>
#include <set>

namespace rt::cli {
namespace {

constexpr const char* kOperands = "OPERANDS";

// Splits off what belongs to the program that is run: everything from the first word that is neither an
// option nor an option's value. Boost has no such mode.
struct Split {
    Arguments ours;
    Arguments rest;
};

const options::option_description* find_option(const options::options_description& description,
                                               const std::string& name) {
    return description.find_nothrow(name, false);
}

bool takes_value(const options::option_description& option) {
    return option.semantic()->max_tokens() > 0;
}

// Only behind a '=' where there is a value that it has without one.
bool needs_value(const options::option_description& option) {
    return option.semantic()->min_tokens() > 0;
}

// Does this word ("-it", "-p", "--name") leave its value to the next word?
bool wants_next_word(const options::options_description& description, const std::string& word) {
    if (word.starts_with("--")) {
        if (word.find('=') != word.npos) return false;
        const auto* option = find_option(description, word.substr(2));
        return option != nullptr && needs_value(*option);
    }
    for (std::size_t i = 1; i < word.size(); ++i) {
        const auto* option = find_option(description, cat("-", word[i]));
        if (option != nullptr && needs_value(*option)) return i + 1 == word.size();
    }
    return false;
}

Split split_at_first_operand(const options::options_description& description, const Arguments& arguments) {
    Split split;
    std::size_t i = 0;
    for (; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--") {
            ++i;
            break;
        }
        if (word.size() < 2 || word.front() != '-') break;
        split.ours.push_back(word);
        if (wants_next_word(description, word) && i + 1 < arguments.size())
            split.ours.push_back(arguments[++i]);
    }
    split.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
    return split;
}

// Boost takes no empty value behind a '='.
void add_with_value(Arguments& plain, const std::string& name, const std::string& joint,
                    const std::string& value) {
    if (!value.empty()) {
        plain.push_back(cat(name, joint, value));
        return;
    }
    plain.push_back(name);
    plain.emplace_back();
}

// "--rm=true", "--rm=0", "--user=".
void add_plain_long(const options::options_description& description, const std::string& word,
                    Arguments& plain) {
    const auto equals = std::min(word.find('='), word.size());
    const auto* const option = find_option(description, word.substr(2, equals - 2));
    const std::string name = word.substr(0, equals), value = word.substr(std::min(equals + 1, word.size()));
    if (option == nullptr || equals == word.size()) {
        plain.push_back(word);
    } else if (takes_value(*option)) {
        add_with_value(plain, name, "=", value);
    } else if (const auto is_set = parse_boolean(value); !is_set) {
        plain.push_back(word); // refused there
    } else if (*is_set) {
        plain.push_back(name);
    }
}

// "-it", "-d=false", "-m=64m", "-itm64m".
void add_plain_short(const options::options_description& description, const std::string& word,
                     Arguments& plain) {
    for (std::size_t i = 1; i < word.size(); ++i) {
        const std::string name = cat("-", word[i]), rest = word.substr(i + 1);
        const auto* const option = find_option(description, name);
        const bool has_equals = rest.starts_with('=');
        if (option == nullptr) {
            plain.push_back(cat("-", word.substr(i))); // refused there
            return;
        }
        if (needs_value(*option)) {
            if (rest.empty())
                plain.push_back(name); // the next word is its value
            else
                add_with_value(plain, name, "", has_equals ? rest.substr(1) : rest);
            return;
        }
        if (!has_equals) {
            plain.push_back(name);
            continue;
        }
        if (takes_value(*option))
            plain.push_back(cat("--", option->long_name(), rest));
        else if (const auto is_set = parse_boolean(rest.substr(1)); !is_set)
            plain.push_back(cat("--", option->long_name(), rest)); // refused there
        else if (*is_set)
            plain.push_back(name);
        return;
    }
}

// Options as Boost takes them, out of those that docker's take: "-d=false", "-m=64m", "--user=".
Arguments plain_flags(const options::options_description& description, const Arguments& words) {
    Arguments plain;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            plain.insert(plain.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
            break;
        }
        if (word.starts_with("--"))
            add_plain_long(description, word, plain);
        else if (word.size() > 1 && word.front() == '-')
            add_plain_short(description, word, plain);
        else
            plain.push_back(word);
        if (word.starts_with('-') && wants_next_word(description, word) && i + 1 < words.size())
            plain.push_back(words[++i]);
    }
    return plain;
}

// An option given twice counts as it was given last, unless it is one that collects.
options::parsed_options last_one_wins(options::parsed_options given,
                                      const options::options_description& description) {
    std::set<std::string> seen;
    for (auto option = given.options.rbegin(); option != given.options.rend(); ++option) {
        const auto* known = find_option(description, option->string_key);
        const bool collects = known == nullptr || known->semantic()->is_composing();
        if (!collects && !seen.insert(option->string_key).second) option->string_key.clear();
    }
    std::erase_if(given.options,
                  [](const auto& option) { return option.string_key.empty() && option.position_key < 0; });
    return given;
}

std::string nearest_option(const options::options_description& description, std::string word) {
    const std::string given = word.substr(0, word.find('='));
    std::vector<std::string> known;
    for (const auto& option : description.options()) known.push_back(cat("--", option->long_name()));
    const auto best = nearest(given, known);
    return best.empty() ? std::string() : cat(" (did you mean ", best, "?)");
}

HelpSink help_sink;

void print_help(const Command& command, const options::options_description& description) {
    std::cout << "Usage: rtctl " << command.name << ' ' << command.usage << "\n\n" << command.summary << "\n";
    if (!description.options().empty()) std::cout << '\n' << description;
}

} // namespace

void set_help_sink(HelpSink sink) {
    help_sink = std::move(sink);
}

std::expected<std::optional<Parsed>, Failure> parse(const Command& command,
                                                    options::options_description description,
                                                    const Arguments& arguments, Operands operands,
                                                    std::size_t fewest, std::size_t most) {
    const bool free_h = find_option(description, "-h") == nullptr;
    description.add_options()(free_h ? "help,h" : "help", "show this text");
    const auto usage_error = [&](const std::string& problem, int exit_code = kWrongOption) {
        return std::unexpected(
            Failure({Code::invalid_argument, 0,
                     cat(command.name, ": ", problem, "; see 'rtctl ", command.name, " --help'")},
                    exit_code));
    };

    Split split{arguments, {}};
    if (operands == Operands::end_options) split = split_at_first_operand(description, arguments);
    split.ours = plain_flags(description, split.ours);
    options::options_description all;
    all.add(description);
    all.add_options()(kOperands, options::value<Arguments>());
    options::positional_options_description positional;
    positional.add(kOperands, -1);

    Parsed parsed;
    try {
        namespace style = options::command_line_style;
        options::command_line_parser parser(split.ours);
        parser.options(all).positional(positional).style(style::unix_style & ~style::allow_guessing);
        options::store(last_one_wins(parser.run(), description), parsed.values);
    } catch (const options::unknown_option& error) {
        const std::string word = error.get_option_name();
        return usage_error(cat("unknown option '", word, "'", nearest_option(description, word)));
    } catch (const options::error& error) {
        return usage_error(error.what());
    }
    if (parsed.has("help")) {
        if (help_sink)
            help_sink(description);
        else
            print_help(command, description);
        return std::nullopt;
    }
    if (find_option(description, "filter") != nullptr)
        for (const std::string& filter : parsed.get<Arguments>("filter"))
            if (filter.find('=') == std::string::npos)
                return usage_error(cat("--filter '", filter, "' is not of the form KEY=VALUE"));
    parsed.operands = parsed.get<Arguments>(kOperands);
    parsed.operands.insert(parsed.operands.end(), split.rest.begin(), split.rest.end());
    if (parsed.operands.size() < fewest)
        return usage_error(
            cat("needs ", fewest == 1 ? "an operand" : cat(fewest, " operands"), ": ", command.usage),
            kFailed);
    if (parsed.operands.size() > most)
        return usage_error(cat("does not take '", parsed.operands[most], "'"), kFailed);
    return parsed;
}

} // namespace rt::cli
