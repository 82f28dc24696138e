// SPDX-License-Identifier: Apache-2.0
// What most commands begin with: the engine, opened as the global options say.
#pragma once

#include "core/container/engine.hpp"
#include "tools/rtctl/command.hpp"

#include <memory>

namespace rt::cli {

Result<std::unique_ptr<Engine>> open_engine(const Globals& globals);

} // namespace rt::cli
