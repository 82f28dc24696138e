// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome kill_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("signal,s", options::value<std::string>()->value_name("SIGNAL"),
                              "by name or number (default: KILL)");
    RT_TRY_ASSIGN(const auto parsed, parse(kKill, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const int number, parse_signal(parsed->get<std::string>("signal", "KILL")));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands,
                            [&](const std::string& reference) { return kill(*engine, reference, number); });
}

} // namespace

const Command kKill = {"kill", "[OPTIONS] CONTAINER...", "Send a signal to containers", kill_command};

} // namespace rt::cli
