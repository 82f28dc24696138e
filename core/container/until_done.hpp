// SPDX-License-Identifier: Apache-2.0
// Repeats what another process may be in the way of. Any thread.
#pragma once

#include "core/base/error.hpp"

#include <functional>
#include <string>

namespace rt {

// again: what another process does at this moment has to come to its end first.
enum class Attempt { done, again };

// name: of the container, for the error. unavailable: it was to be done again for 30 s.
Result<void> until_done(const std::string& name, const std::function<Result<Attempt>()>& attempt);

} // namespace rt
