// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/prune_question.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome volume_prune(const Globals& globals, const Arguments& arguments) {
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
    RT_TRY(ask_before_pruning(*parsed,
                              cat("WARNING! This will remove ", all ? "all" : "anonymous",
                                  " local volumes not used by at least one container."),
                              kVolumePrune.name));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    VolumeService service(engine->wiring(), state->database);
    auto problems = service.finish_removals();
    RT_TRY_ASSIGN(const auto pruned, service.prune(filters, which));
    problems.insert(problems.end(), pruned.problems.begin(), pruned.problems.end());
    print_pruned("Deleted Volumes:", pruned.names);
    return print_reclaimed(pruned.bytes, problems);
}

} // namespace

const Command kVolumePrune = {"volume prune", "[OPTIONS]", "Remove volumes that no container uses",
                              volume_prune};

} // namespace rt::cli
