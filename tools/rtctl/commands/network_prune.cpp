// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/prune_question.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome network_prune(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "do not ask")(
        "filter", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: label, label!, until (may be given again)");
    RT_TRY_ASSIGN(const auto parsed, parse(kNetworkPrune, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto filters, NetworkFilters::parse(NetworkFilters::For::prune,
                                                            parsed->get<std::vector<std::string>>("filter")));
    RT_TRY(ask_before_pruning(
        *parsed, "WARNING! This will remove all custom networks not used by at least one container.",
        kNetworkPrune.name));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const auto removed, prune_networks(*engine, filters));
    print_pruned("Deleted Networks:", removed);
    return 0;
}

} // namespace

const Command kNetworkPrune = {"network prune", "[OPTIONS]", "Remove networks that no container is in",
                               network_prune};

} // namespace rt::cli
