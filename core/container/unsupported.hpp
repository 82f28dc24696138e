// SPDX-License-Identifier: Apache-2.0
// What docker has and rt has not. Whoever brings one takes its line out of the table in
// unsupported.cpp and out of docs/options.md. Pure; any thread.
#pragma once

#include "core/container/spec.hpp"

namespace rt {

// unsupported: names the first option of the spec that rt does not have, and why.
Result<void> refuse_unsupported(const ContainerSpec& spec);

// All of them, as docs/options.md lists them.
struct UnsupportedOption {
    std::string option, why;
};
std::vector<UnsupportedOption> unsupported_options();

} // namespace rt
