// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/prune_question.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome container_prune(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kContainerPrune, prune_options(), arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const PruneFilters filters, prune_filters(*parsed));
    RT_TRY(ask_before_pruning(*parsed, "WARNING! This will remove all stopped containers.",
                              kContainerPrune.name));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const Pruned pruned, prune_containers(*engine, filters));
    print_pruned("Deleted Containers:", pruned.deleted);
    return print_reclaimed(pruned.reclaimed, pruned.problems);
}

} // namespace

const Command kContainerPrune = {"container prune", "[OPTIONS]", "Remove all containers that do not run",
                                 container_prune};

} // namespace rt::cli
