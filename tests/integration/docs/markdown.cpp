// SPDX-License-Identifier: Apache-2.0
#include "markdown.hpp"

#include <array>
#include <regex>
#include <span>
#include <sstream>
#include <utility>

namespace rt::test {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
    std::vector<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
        found.push_back((*at)[1]);
    return found;
}

// With what differs from run to run made the same.
std::string without_chance(std::string line) {
    static const std::array<std::pair<std::regex, const char*>, 7> kChances{{
        {std::regex(R"rx([0-9a-f]{12,64})rx"), "ID"},
        {std::regex(R"rx((Less than a second|[0-9]+ seconds?))rx"), "TIME"},
        {std::regex(R"rx([0-9]+(\.[0-9]+){3})rx"), "ADDRESS"},
        {std::regex(R"rx([0-9.]+(/[0-9.]+)* ms)rx"), "TIME"},
        {std::regex(R"rx([0-9.]+([kKMG]?i?B|%))rx"), "SIZE"},
        {std::regex(R"rx(^[0-9]+ )rx"), "PID "},
        {std::regex(R"rx( +)rx"), " "},
    }};
    for (const auto& [chance, name] : kChances) line = std::regex_replace(line, chance, name);
    while (line.ends_with(' ')) line.pop_back();
    return line;
}

bool is_same(std::span<const std::string> page, std::span<const std::string> real) {
    if (page.empty()) return real.empty();
    if (page.front() == "...") {
        for (std::size_t skipped = 0; skipped <= real.size(); ++skipped)
            if (is_same(page.subspan(1), real.subspan(skipped))) return true;
        return false;
    }
    return !real.empty() && without_chance(page.front()) == without_chance(real.front()) &&
           is_same(page.subspan(1), real.subspan(1));
}

} // namespace

std::vector<TypedCommand> typed_commands(std::string_view block) {
    std::vector<TypedCommand> commands;
    for (const std::string& line : lines_of(block)) {
        if (line.starts_with("$ "))
            commands.push_back({line.substr(2), ""});
        else if (!commands.empty())
            commands.back().output += line + "\n";
    }
    return commands;
}

bool is_same_output(std::string_view page, std::string_view real) {
    return is_same(lines_of(page), lines_of(real));
}

std::vector<std::string> fenced_blocks(std::string_view text, std::string_view language) {
    std::vector<std::string> blocks;
    bool inside = false;
    bool wanted = false;
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with("```")) {
            inside = !inside;
            wanted = inside && std::string_view(line).substr(3) == language;
            if (wanted) blocks.emplace_back();
        } else if (wanted) {
            blocks.back() += line + "\n";
        }
    }
    return blocks;
}

std::vector<std::string> relative_links(std::string_view text) {
    static const std::regex kLink(R"rx(\]\(([^)#\s]+)(?:#[^)]*)?\))rx");
    std::vector<std::string> links;
    bool inside = false;
    for (const std::string& line : lines_of(text)) {
        if (line.starts_with("```")) inside = !inside;
        if (inside) continue;
        for (const std::string& target : all_matches(line, kLink))
            if (target.find("://") == std::string::npos) links.push_back(target);
    }
    return links;
}

std::vector<std::string> make_targets(std::string_view text) {
    static const std::regex kSpan(R"rx(`make ([a-z]+))rx");
    static const std::regex kLine(R"rx(^make ([a-z]+))rx");
    std::vector<std::string> targets = all_matches(std::string(text), kSpan);
    for (const std::string& block : fenced_blocks(text, ""))
        for (const std::string& line : lines_of(block))
            for (const std::string& target : all_matches(line, kLine)) targets.push_back(target);
    return targets;
}

} // namespace rt::test
