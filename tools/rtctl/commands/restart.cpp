// SPDX-License-Identifier: Apache-2.0
#include "core/container/life.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/ending.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome restart_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_ending_options(description);
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kRestart, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Ending ending, read_ending(kRestart, *parsed));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands, [&](const std::string& reference) -> Result<void> {
        auto started = restart(*engine, reference, ending.grace, {}, ending.signal_number);
        if (!started) return std::unexpected(std::move(started).error().error);
        for (const std::string& warning : started->warnings) warn(warning);
        return started->shim.give_up_lease();
    });
}

} // namespace

const Command kRestart = {"restart", "[OPTIONS] CONTAINER...", "End containers and start them again",
                          restart_command};

} // namespace rt::cli
