// SPDX-License-Identifier: Apache-2.0
#include "core/container/network_connect.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome network_disconnect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "a container that is not there any more is no failure");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkDisconnect, description, arguments, Operands::anywhere, 2, 2));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY(disconnect(*engine, parsed->operands[0], parsed->operands[1],
                      parsed->has("force") ? ForceDisconnect::yes : ForceDisconnect::no));
    return 0;
}

} // namespace

const Command kNetworkDisconnect = {"network disconnect", "[OPTIONS] NETWORK CONTAINER",
                                    "Disconnect a container from a network", network_disconnect};

} // namespace rt::cli
