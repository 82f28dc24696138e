// SPDX-License-Identifier: Apache-2.0
// What a command of rtctl is: one file below commands/ that defines one `const Command`, listed in
// commands/all.hpp. The options of a command are a Boost.Program_options description made when the command
// runs (or its help is shown).
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rt::cli {

// What stands before the command: rtctl [--config FILE] [--debug] COMMAND ...
struct Globals {
    Path config_file; // empty: not given
    bool debug = false;
};

using Arguments = std::vector<std::string>;

struct Command {
    std::string_view name;    // "run", "plugin ls": words separated by one space
    std::string_view usage;   // "[OPTIONS] IMAGE [COMMAND] [ARG...]"
    std::string_view summary; // one line, shown by `rtctl --help`
    // Runs it; the arguments are those after the command's name. Returns the exit code; an Error is printed
    // as "rtctl: <message>" and ends with 1 (125 for run), errors in usage end with 125 as docker's do.
    Result<int> (*run)(const Globals& globals, const Arguments& arguments);
};

} // namespace rt::cli
