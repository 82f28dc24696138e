// SPDX-License-Identifier: Apache-2.0
// Makes a container without starting it: its record and its own layer. A failure leaves nothing.
#pragma once

#include "core/container/run.hpp"

namespace rt {

Result<Container> create(Engine& engine, const ContainerSpec& spec, const RunOptions& options);

} // namespace rt
