// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>
#include <iostream>

namespace rt::cli {
namespace {

bool confirmed(VolumeService::Which which) {
    const bool all = which == VolumeService::Which::all;
    std::printf("WARNING! This will remove %s volumes not used by at least one container.\n"
                "Are you sure you want to continue? [y/N] ",
                all ? "all local" : "anonymous local");
    std::fflush(stdout);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y";
}

Result<int> volume_prune(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("all,a", "also those that have a name")("force,f", "do not ask")(
        "filter", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: label, label!, all (may be given again)");
    RT_TRY_ASSIGN(const auto parsed, parse(kVolumePrune, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(
        const VolumeFilters filters,
        VolumeFilters::parse(parsed->get<std::vector<std::string>>("filter"), VolumeFilters::For::pruning));
    const bool all = parsed->has("all") || filters.wants_all();
    const auto which = all ? VolumeService::Which::all : VolumeService::Which::anonymous;
    if (!parsed->has("force") && !confirmed(which)) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    VolumeService service(engine->wiring(), state->database);
    auto problems = service.finish_removals();
    RT_TRY_ASSIGN(const auto pruned, service.prune(filters, which));
    problems.insert(problems.end(), pruned.problems.begin(), pruned.problems.end());
    if (!pruned.names.empty()) {
        print_line("Deleted Volumes:");
        for (const std::string& name : pruned.names) print_line(name);
        print_line("");
    }
    print_line(cat("Total reclaimed space: ", human_size(pruned.bytes)));
    for (const Error& problem : problems) print_error(problem);
    return problems.empty() ? 0 : 1;
}

} // namespace

const Command kVolumePrune = {"volume prune", "[OPTIONS]", "Remove volumes that no container uses",
                              volume_prune};

} // namespace rt::cli
