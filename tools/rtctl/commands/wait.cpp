// SPDX-License-Identifier: Apache-2.0
#include "core/container/life.hpp"

#include "core/base/text.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>

namespace rt::cli {
namespace {

Outcome wait_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("condition", options::value<std::string>()->value_name("CONDITION"),
                              "what is waited for: not-running (the default), next-exit or removed");
    RT_TRY_ASSIGN(const auto parsed, parse(kWait, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const WaitFor condition, parse_wait_condition(parsed->get<std::string>("condition")));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    int exit_code = 0;
    for (const std::string& reference : parsed->operands) {
        if (const auto code = wait(*engine, reference, condition); code) {
            print_line(std::to_string(*code));
        } else {
            std::fprintf(stderr, "rtctl: %s\n", printable(code.error().message).c_str());
            exit_code = 1;
        }
    }
    return exit_code;
}

} // namespace

const Command kWait = {"wait", "[OPTIONS] CONTAINER...",
                       "Wait until containers have ended, and print their exit codes", wait_command};

} // namespace rt::cli
