// SPDX-License-Identifier: Apache-2.0
#include "markdown.hpp"

#include <regex>
#include <sstream>

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

} // namespace

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
