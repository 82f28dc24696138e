// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/completion_values.hpp"

#include <csignal>
#include <cstring>
#include <regex>
#include <string_view>

namespace rt::cli {
namespace {

struct Known {
    std::string_view options, values; // separated by spaces
};

constexpr Known kKnown[] = {
    {"attach", "stdin stdout stderr"},
    {"cgroupns", "host private"},
    {"condition", "not-running next-exit removed"},
    {"driver", "@driver"},
    {"ipc", "none private shareable host @container:"},
    {"isolation runtime", "@isolation"},
    {"link volumes-from", "@container"},
    {"log-driver", "json-file none"},
    {"mount", "type=bind,source= type=volume,source= type=tmpfs,target="},
    {"network net", "@network @container:"},
    {"pid", "host @container:"},
    {"pull", "missing always never"},
    {"restart", "no always unless-stopped on-failure"},
    {"security-opt", "no-new-privileges seccomp= apparmor= label= systempaths=unconfined"},
    {"storage", "@storage"},
    {"type", "container image network volume"},
    {"userns", "host private"},
    {"uts", "host"},
    {"volume", "@volume @file"},
};

constexpr Known kFilterValues[] = {
    {"dangling is-task all", "true false"},
    {"health", "starting healthy unhealthy none"},
    {"scope", "local"},
    {"status", "created running paused restarting removing exited dead"},
};

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto space = text.find(' ');
        words.emplace_back(text.substr(0, space));
        text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    }
    return words;
}

bool names(std::string_view options, const std::string& name) {
    for (const std::string& word : words_of(options))
        if (word == name) return true;
    return false;
}

std::vector<std::string> signals() {
    std::vector<std::string> found;
    for (int number = 1; number < SIGRTMIN; ++number)
        if (const char* const name = ::sigabbrev_np(number)) found.push_back(cat("SIG", name));
    return found;
}

// The keys, as the help of --filter lists them: "only those that fit: id, name, until=TIME (...), ...".
std::vector<std::string> filter_keys(const std::string& help) {
    static const std::regex kKey(R"(([a-z-]+!?)(=.*| \(.*)?)");
    std::vector<std::string> keys;
    std::string_view rest = help;
    const auto begin = rest.find("fit: ");
    rest.remove_prefix(begin == std::string_view::npos ? rest.size() : begin + 5);
    while (!rest.empty()) {
        const auto comma = rest.find(", ");
        const std::string word(rest.substr(0, comma));
        std::smatch match;
        if (std::regex_match(word, match, kKey)) keys.push_back(match[1]);
        rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 2);
    }
    return keys;
}

std::vector<std::string> filters(const std::string& help) {
    std::vector<std::string> found;
    for (const std::string& key : filter_keys(help)) {
        std::vector<std::string> values{""};
        for (const Known& known : kFilterValues)
            if (names(known.options, key)) values = words_of(known.values);
        for (const std::string& value : values) found.push_back(cat(key, "=", value));
    }
    return found;
}

} // namespace

std::vector<std::string> completion_values(const CommandInfo& command, const OptionInfo& option) {
    if (option.value.empty()) return {};
    if (option.value == "FILE" || option.value == "DIR") return {"@file"};
    if (option.value == "true|false") return {"true", "false"};
    if (option.name == "signal" || option.name == "stop-signal") return signals();
    if (option.name == "filter") return filters(option.text);
    if (option.name == "format") return {"json", "table"};
    if (option.name == "driver" && command.name.starts_with("volume")) return {"local"};
    for (const Known& known : kKnown)
        if (names(known.options, option.name)) return words_of(known.values);
    return {};
}

} // namespace rt::cli
