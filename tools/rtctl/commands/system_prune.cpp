// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/prune_question.hpp"
#include "tools/rtctl/session.hpp"

#include <optional>

namespace rt::cli {
namespace {

struct Wishes {
    PruneFilters filters;
    NetworkFilters network_filters;
    std::optional<VolumeFilters> volume_filters; // with --volumes
    PruneImages images = PruneImages::dangling;
};

Result<Wishes> read_wishes(const Parsed& parsed) {
    const auto texts = parsed.get<std::vector<std::string>>("filter");
    Wishes wishes;
    RT_TRY_ASSIGN(wishes.filters, prune_filters(parsed));
    RT_TRY_ASSIGN(wishes.network_filters, NetworkFilters::parse(NetworkFilters::For::prune, texts));
    if (parsed.has("all")) wishes.images = PruneImages::unused;
    if (!parsed.has("volumes")) return wishes;
    for (const std::string& text : texts)
        if (text.starts_with("until="))
            return fail(Code::invalid_argument, "the \"until\" filter is not supported with \"--volumes\"");
    RT_TRY_ASSIGN(wishes.volume_filters, VolumeFilters::parse(texts, VolumeFilters::For::pruning));
    return wishes;
}

std::string warning_of(const Wishes& wishes) {
    return cat("WARNING! This will remove:\n  - all stopped containers\n"
               "  - all networks not used by at least one container\n",
               wishes.volume_filters ? "  - all anonymous volumes not used by at least one container\n" : "",
               wishes.images == PruneImages::dangling
                   ? "  - all dangling images\n"
                   : "  - all images without at least one container associated to them\n");
}

Result<VolumeService::Pruned> prune_volumes(Engine& engine, const VolumeFilters& filters) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    auto problems = service.finish_removals();
    RT_TRY_ASSIGN(auto pruned, service.prune(filters, VolumeService::Which::anonymous));
    pruned.problems.insert(pruned.problems.begin(), problems.begin(), problems.end());
    return pruned;
}

Outcome system_prune(const Globals& globals, const Arguments& arguments) {
    options::options_description description = prune_options();
    description.add_options()("all,a", "all images that no container uses, not only those without a name")(
        "volumes", "also anonymous volumes that no container uses");
    RT_TRY_ASSIGN(const auto parsed, parse(kSystemPrune, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Wishes wishes, read_wishes(*parsed));
    RT_TRY(ask_before_pruning(*parsed, warning_of(wishes), kSystemPrune.name));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    std::uint64_t reclaimed = 0;
    std::vector<Error> problems;
    const auto count = [&](std::uint64_t bytes, const std::vector<Error>& further) {
        reclaimed += bytes;
        problems.insert(problems.end(), further.begin(), further.end());
    };
    // Containers first: they hold the rest.
    RT_TRY_ASSIGN(const Pruned containers, prune_containers(*engine, wishes.filters));
    print_pruned("Deleted Containers:", containers.deleted);
    count(containers.reclaimed, containers.problems);
    RT_TRY_ASSIGN(const auto networks, prune_networks(*engine, wishes.network_filters));
    print_pruned("Deleted Networks:", networks);
    if (wishes.volume_filters) {
        RT_TRY_ASSIGN(const auto volumes, prune_volumes(*engine, *wishes.volume_filters));
        print_pruned("Deleted Volumes:", volumes.names);
        count(volumes.bytes, volumes.problems);
    }
    RT_TRY_ASSIGN(const Pruned images, prune_images(*engine, wishes.filters, wishes.images));
    print_pruned("Deleted Images:", image_lines(images));
    count(images.reclaimed, images.problems);
    return print_reclaimed(reclaimed, problems);
}

} // namespace

const Command kSystemPrune = {"system prune", "[OPTIONS]",
                              "Remove containers that do not run, and what no container needs any more",
                              system_prune};

} // namespace rt::cli
