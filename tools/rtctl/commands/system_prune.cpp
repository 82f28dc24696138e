// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/prune_question.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Result<int> system_prune(const Globals& globals, const Arguments& arguments) {
    options::options_description description = prune_options();
    description.add_options()("all,a", "all images that no container uses, not only those without a name");
    RT_TRY_ASSIGN(const auto parsed, parse(kSystemPrune, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const PruneFilters filters, prune_filters(*parsed));
    const PruneImages which = parsed->has("all") ? PruneImages::unused : PruneImages::dangling;
    RT_TRY(ask_before_pruning(*parsed,
                              cat("WARNING! This will remove:\n  - all stopped containers\n  - all ",
                                  which == PruneImages::dangling
                                      ? "dangling images"
                                      : "images without at least one container associated to them",
                                  "\n"),
                              kSystemPrune.name));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const Pruned containers, prune_containers(*engine, filters));
    print_pruned("Deleted Containers:", containers.deleted);
    RT_TRY_ASSIGN(Pruned images, prune_images(*engine, filters, which));
    print_pruned("Deleted Images:", image_lines(images));
    images.problems.insert(images.problems.begin(), containers.problems.begin(), containers.problems.end());
    return print_reclaimed(containers.reclaimed + images.reclaimed, images.problems);
}

} // namespace

const Command kSystemPrune = {"system prune", "[OPTIONS]",
                              "Remove containers that do not run, and images that nothing needs",
                              system_prune};

} // namespace rt::cli
