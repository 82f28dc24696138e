// SPDX-License-Identifier: Apache-2.0
// Which shims are there, asked of the kernel for all of them at once.
#pragma once

#include "core/base/file.hpp"

#include <string>
#include <unordered_set>

namespace rt::shim {

// The run directories below `directory` whose socket somebody listens at, by name: their shims are alive.
// There may be others: whose path did not fit into an address, who runs in another network namespace, or all
// of them where the kernel does not answer. Any thread.
std::unordered_set<std::string> listening_below(const Path& directory);

} // namespace rt::shim
