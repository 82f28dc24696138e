// SPDX-License-Identifier: Apache-2.0
// Command lines as docker users write them: -it, -p8080:80, --name=x, --name x, options before the first
// operand only where the command passes the rest on (run), `--` ends options. A thin layer over
// Boost.Program_options.
#pragma once

#include "tools/rtctl/command.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <optional>
#include <string>
#include <vector>

namespace rt::cli {

using Words = std::vector<std::string>; // of an option that may be given again

namespace options = boost::program_options;

struct Parsed {
    options::variables_map values;
    Arguments operands;

    [[nodiscard]] bool has(const std::string& name) const { return values.count(name) != 0; }
    template <class T>
    [[nodiscard]] T get(const std::string& name, T otherwise = {}) const {
        return has(name) ? values[name].as<T>() : otherwise;
    }
};

enum class Operands {
    anywhere,   // options may follow operands
    end_options // the first operand ends the options: the rest belongs to the program that is run
};

// Adds --help (-h only where no option takes it). An empty optional: help was asked for and printed; return
// 0. Unknown options (with the nearest known name), values that are missing or cannot be read: kWrongOption.
// A wrong count of operands: kFailed.
std::expected<std::optional<Parsed>, Failure> parse(const Command& command,
                                                    options::options_description description,
                                                    const Arguments& arguments, Operands operands,
                                                    std::size_t fewest, std::size_t most);

} // namespace rt::cli
