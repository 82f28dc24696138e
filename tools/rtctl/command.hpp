// SPDX-License-Identifier: Apache-2.0
// What a command of rtctl is: one file below commands/ that defines one `const Command`, listed in
// commands/all.hpp. The options of a command are a Boost.Program_options description made when the command
// runs (or its help is shown).
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace rt::cli {

// What stands before the command: rtctl [--config FILE] [--debug] COMMAND ...
struct Globals {
    Path config_file; // empty: not given
    bool debug = false;
};

using Arguments = std::vector<std::string>;

// Exit codes as docker's client has them (docs/errors.md).
inline constexpr int kFailed = 1;
inline constexpr int kWrongOption = 125;

// Why a command did not do what was asked, and what rtctl ends with.
struct Failure {
    Error error;
    int exit_code = kFailed;
    Failure(Error why, int code = kFailed)
        : error(std::move(why)), exit_code(code) {} // NOLINT: any Error is one
};
using Outcome = std::expected<int, Failure>; // an exit code

template <class... Pieces>
std::unexpected<Failure> wrong_option(const Pieces&... pieces) {
    return std::unexpected(Failure({Code::invalid_argument, 0, cat(pieces...)}, kWrongOption));
}

// What was made of an option's value, which is refused as an unknown option is.
template <class T>
std::expected<T, Failure> of_option(Result<T> value) {
    if (!value) return std::unexpected(Failure(std::move(value).error(), kWrongOption));
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return std::move(*value);
}

struct Command {
    std::string_view name;    // "run", "plugin ls": words separated by one space
    std::string_view usage;   // "[OPTIONS] IMAGE [COMMAND] [ARG...]"
    std::string_view summary; // one line, shown by `rtctl --help`
    // Runs it; the arguments are those after the command's name. A Failure is printed as "rtctl: <message>".
    Outcome (*run)(const Globals& globals, const Arguments& arguments);
};

} // namespace rt::cli
