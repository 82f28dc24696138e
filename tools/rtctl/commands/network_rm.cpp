// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome network_rm(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "one that is not there is no failure");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkRm, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands, [&](const std::string& reference) -> Result<void> {
        auto removed = remove_network(*engine, reference);
        if (!removed && parsed->has("force") && removed.error().code == Code::not_found) return {};
        return removed;
    });
}

} // namespace

const Command kNetworkRm = {"network rm", "[OPTIONS] NETWORK...", "Remove networks", network_rm};

} // namespace rt::cli
