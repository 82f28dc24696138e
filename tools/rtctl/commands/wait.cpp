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

Result<int> wait_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kWait, options::options_description("Options"), arguments,
                                           Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    int exit_code = 0;
    for (const std::string& reference : parsed->operands) {
        if (const auto code = wait(*engine, reference, WaitFor::not_running); code) {
            print_line(std::to_string(*code));
        } else {
            std::fprintf(stderr, "rtctl: %s\n", printable(code.error().message).c_str());
            exit_code = 1;
        }
    }
    return exit_code;
}

} // namespace

const Command kWait = {"wait", "CONTAINER...", "Wait until containers have ended, and print their exit codes",
                       wait_command};

} // namespace rt::cli
