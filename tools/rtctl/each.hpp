// SPDX-License-Identifier: Apache-2.0
// Commands that do one thing to several objects: each that succeeds is printed, each that fails says why, and
// the exit code is 1 when any failed. As docker does it.
#pragma once

#include "tools/rtctl/command.hpp"
#include "tools/rtctl/output.hpp"

namespace rt::cli {

template <class Action> // Result<void>(const std::string& reference)
int for_each_operand(const Arguments& operands, Action&& action) {
    int exit_code = 0;
    for (const std::string& reference : operands) {
        if (const Result<void> outcome = action(reference); outcome) {
            print_line(reference);
        } else {
            print_error(outcome.error());
            exit_code = 1;
        }
    }
    return exit_code;
}

} // namespace rt::cli
