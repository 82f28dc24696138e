// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/prune_question.hpp"

#include "core/base/clock.hpp"
#include "tools/rtctl/output.hpp"

#include <cstdio>
#include <iostream>

namespace rt::cli {

options::options_description prune_options() {
    options::options_description description("Options");
    description.add_options()("force,f", "do not ask")(
        "filter", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: until=TIME (made before it, or so long ago), label=KEY[=VALUE], "
        "label!=KEY[=VALUE] (may be given again)");
    return description;
}

Result<PruneFilters> prune_filters(const Parsed& parsed) {
    return PruneFilters::parse(parsed.get<std::vector<std::string>>("filter"), now_ns());
}

Result<void> ask_before_pruning(const Parsed& parsed, std::string_view warning, std::string_view what) {
    if (parsed.has("force")) return {};
    const std::string question = cat(warning, "\nAre you sure you want to continue? [y/N] ");
    std::fwrite(question.data(), 1, question.size(), stdout);
    std::fflush(stdout);
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y") return {};
    if (!std::cin) print_line(""); // nobody has ended the line of the question
    return fail(Code::cancelled, what, " has been cancelled");
}

void print_pruned(std::string_view heading, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    print_line(heading);
    for (const std::string& line : lines) print_line(line);
    print_line("");
}

std::vector<std::string> image_lines(const Pruned& pruned) {
    std::vector<std::string> lines;
    for (const std::string& name : pruned.untagged) lines.push_back(cat("untagged: ", name));
    for (const std::string& id : pruned.deleted) lines.push_back(cat("deleted: ", id));
    return lines;
}

int print_reclaimed(std::uint64_t bytes, const std::vector<Error>& problems) {
    print_line(cat("Total reclaimed space: ", human_size(bytes, 4)));
    for (const Error& problem : problems) print_error(problem);
    return problems.empty() ? 0 : 1;
}

} // namespace rt::cli
