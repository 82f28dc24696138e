// SPDX-License-Identifier: Apache-2.0
#include "core/container/pause.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome pause_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kPause, options::options_description("Options"), arguments,
                                           Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands,
                            [&](const std::string& reference) { return pause(*engine, reference); });
}

} // namespace

const Command kPause = {"pause", "CONTAINER...", "Stop every process of containers without their notice",
                        pause_command};

} // namespace rt::cli
