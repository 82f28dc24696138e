// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/prune_question.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

// dangling=false is docker's other word for --all. Takes it out of the filters.
PruneImages take_dangling(std::vector<std::string>& filters, PruneImages which) {
    const auto is = [&](const char* one, const char* other) {
        return std::erase_if(filters, [&](const std::string& text) { return text == one || text == other; }) >
               0;
    };
    if (is("dangling=true", "dangling=1")) which = PruneImages::dangling;
    if (is("dangling=false", "dangling=0")) which = PruneImages::unused;
    return which;
}

Outcome image_prune(const Globals& globals, const Arguments& arguments) {
    options::options_description description = prune_options();
    description.add_options()("all,a", "also those that have a name and that no container uses");
    RT_TRY_ASSIGN(const auto parsed, parse(kImagePrune, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    auto texts = parsed->get<std::vector<std::string>>("filter");
    const PruneImages which =
        take_dangling(texts, parsed->has("all") ? PruneImages::unused : PruneImages::dangling);
    RT_TRY_ASSIGN(const PruneFilters filters, PruneFilters::parse(texts, now_ns()));
    RT_TRY(ask_before_pruning(
        *parsed,
        which == PruneImages::dangling
            ? "WARNING! This will remove all dangling images."
            : "WARNING! This will remove all images without at least one container associated to them.",
        kImagePrune.name));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const Pruned pruned, prune_images(*engine, filters, which));
    print_pruned("Deleted Images:", image_lines(pruned));
    return print_reclaimed(pruned.reclaimed, pruned.problems);
}

} // namespace

const Command kImagePrune = {"image prune", "[OPTIONS]", "Remove images that have no name", image_prune};

} // namespace rt::cli
