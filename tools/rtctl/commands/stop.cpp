// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome stop_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("time,t", options::value<int>()->value_name("SECONDS"),
                              "how long to wait before it is killed; -1: for ever (default: its own, or 10)");
    RT_TRY_ASSIGN(const auto parsed, parse(kStop, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    std::optional<std::chrono::seconds> grace;
    if (parsed->has("time")) grace = std::chrono::seconds(parsed->get<int>("time"));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return for_each_operand(parsed->operands,
                            [&](const std::string& reference) { return stop(*engine, reference, grace); });
}

} // namespace

const Command kStop = {"stop", "[OPTIONS] CONTAINER...", "End containers: ask, wait, then kill",
                       stop_command};

} // namespace rt::cli
