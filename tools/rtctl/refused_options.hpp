// SPDX-License-Identifier: Apache-2.0
// Options of docker's that a command knows only to say why it does not have them.
#pragma once

#include "tools/rtctl/options.hpp"

#include <span>

namespace rt::cli {

struct RefusedOption {
    const char* name;  // "link,l"
    const char* value; // "SIZE"; "": it takes none
    const char* why;
};

void add_refused(options::options_description& description, std::span<const RefusedOption> refused);
// unsupported, with the first that is given.
Result<void> refuse(const Command& command, const Parsed& parsed, std::span<const RefusedOption> refused);

} // namespace rt::cli
