// SPDX-License-Identifier: Apache-2.0
// The first process of a running container, as a directory of /proc. Stateless; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/container/container_store.hpp"

namespace rt {

// What is opened below this descriptor is about that process, or fails once it has ended. The recorded pid
// may be another's by now: then its parent is not the shim. unavailable: it does not run (any more).
Result<UniqueFd> open_first_process(const Path& run_directory, const Container& container);

} // namespace rt
