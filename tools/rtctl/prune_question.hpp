// SPDX-License-Identifier: Apache-2.0
// What the commands that prune have in common: the filters, the question before, and the sum behind.
#pragma once

#include "core/container/prune.hpp"
#include "tools/rtctl/options.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::cli {

// --force and --filter.
options::options_description prune_options();
Result<PruneFilters> prune_filters(const Parsed& parsed);

// "WARNING! ..." and a question on standard output, which --force leaves out; what: "container prune".
// cancelled: the answer was not yes (or there was none).
Result<void> ask_before_pruning(const Parsed& parsed, std::string_view warning, std::string_view what);

// "Deleted Containers:" and a line for each; nothing where there is none.
void print_pruned(std::string_view heading, const std::vector<std::string>& lines);
// "untagged: debian:12", "deleted: sha256:...": as docker shows images that go.
std::vector<std::string> image_lines(const Pruned& pruned);
// "Total reclaimed space: 12MB", and the problems to standard error. Answers the exit code.
int print_reclaimed(std::uint64_t bytes, const std::vector<Error>& problems);

} // namespace rt::cli
