// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/ending.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome stop_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_ending_options(description);
    RT_TRY_ASSIGN(const auto parsed, parse(kStop, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Ending ending, read_ending(kStop, *parsed));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands, [&](const std::string& reference) {
        return stop(*engine, reference, ending.grace, StopReason::user, ending.signal_number);
    });
}

} // namespace

const Command kStop = {"stop", "[OPTIONS] CONTAINER...", "End containers: ask, wait, then kill",
                       stop_command};

} // namespace rt::cli
