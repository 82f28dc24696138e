// SPDX-License-Identifier: Apache-2.0
#include "core/container/life.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome rename_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kRename, options::options_description("Options"), arguments,
                                           Operands::anywhere, 2, 2));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY(rename(*engine, parsed->operands[0], parsed->operands[1]));
    return 0;
}

} // namespace

const Command kRename = {"rename", "CONTAINER NEW-NAME", "Give a container another name", rename_command};

} // namespace rt::cli
