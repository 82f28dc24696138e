// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Result<int> rm(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "kill those that run first");
    RT_TRY_ASSIGN(const auto parsed, parse(kRm, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const Force force = parsed->has("force") ? Force::yes : Force::no;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands, [&](const std::string& reference) -> Result<void> {
        const auto removed = remove(*engine, reference, force);
        // As docker has it: with -f, one that is not there is as good as removed.
        if (!removed && force == Force::yes && removed.error().code == Code::not_found) {
            std::fprintf(stderr, "rtctl: %s\n", removed.error().message.c_str());
            return {};
        }
        if (!removed) return std::unexpected(removed.error());
        return {};
    });
}

} // namespace

const Command kRm = {"rm", "[OPTIONS] CONTAINER...", "Remove containers", rm};

} // namespace rt::cli
