// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>
#include <iostream>

namespace rt::cli {
namespace {

bool confirmed() {
    std::fputs("WARNING! This will remove all custom networks not used by at least one container.\n"
               "Are you sure you want to continue? [y/N] ",
               stdout);
    std::fflush(stdout);
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y";
}

Result<int> network_prune(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "do not ask")(
        "filter", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: label, label!, until (may be given again)");
    RT_TRY_ASSIGN(const auto parsed, parse(kNetworkPrune, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto filters, NetworkFilters::parse(NetworkFilters::For::prune,
                                                            parsed->get<std::vector<std::string>>("filter")));
    if (!parsed->has("force") && !confirmed()) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const auto removed, prune_networks(*engine, filters));
    if (removed.empty()) return 0;
    print_line("Deleted Networks:");
    for (const std::string& name : removed) print_line(name);
    print_line("");
    return 0;
}

} // namespace

const Command kNetworkPrune = {"network prune", "[OPTIONS]", "Remove networks that no container is in",
                               network_prune};

} // namespace rt::cli
