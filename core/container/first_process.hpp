// SPDX-License-Identifier: Apache-2.0
// The first process of a running container, held so that what is opened of it is the container's, however
// the container ends meanwhile and whoever gets its number then. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rt {

// Its directory in /proc: what is opened below the descriptor is about this process, or fails once it has
// ended. The shim, which is its parent and has not waited for it, is asked before and after. unavailable: the
// container does not run (any more).
Result<UniqueFd> hold_first_process(const Path& run_directory);

} // namespace rt
