// SPDX-License-Identifier: Apache-2.0
// What a driver instance is told of what exists: the known JSON of <rtp/leftovers.h>. One thread.
#pragma once

#include "core/doctor/examination.hpp"

#include <string>

namespace rt::doctor {

// own: a container whose lock the caller holds; others whose lock is held are just being started, say.
Result<std::string> known_json(Engine& engine, Engine::State& state, Role role, const std::string& instance,
                               const std::string& own = {});

} // namespace rt::doctor
