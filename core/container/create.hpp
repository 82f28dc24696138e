// SPDX-License-Identifier: Apache-2.0
// Makes a container without starting it: its record and its own layer. A failure leaves nothing.
#pragma once

#include "core/container/run.hpp"

namespace rt {

struct CreatedContainer {
    Container record;
    std::vector<std::string> warnings; // of what was asked for and will not be
};

Result<CreatedContainer> create(Engine& engine, const ContainerSpec& spec, const RunOptions& options);

} // namespace rt
