// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/inspected.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Result<Json> inspect_one(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(const Network network, find_network(engine, reference));
    return inspect_network(engine, network);
}

Outcome network_inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_inspect_format(description);
    description.add_options()("verbose,v", "accepted for docker's sake: it tells more of swarms alone");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return show_inspected(*parsed,
                          [&](const std::string& reference) { return inspect_one(*engine, reference); });
}

} // namespace

const Command kNetworkInspect = {"network inspect", "[OPTIONS] NETWORK...",
                                 "Show everything about networks and who is in them", network_inspect};

} // namespace rt::cli
