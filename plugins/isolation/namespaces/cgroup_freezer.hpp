// SPDX-License-Identifier: Apache-2.0
// Holds the processes of a cgroup directory, and of those below it, still: cgroup.freeze where it is of v2,
// the controller "freezer" of v1 else.
#pragma once

#include "cgroup_layout.hpp"

#include <functional>
#include <string>

namespace rt::namespaces {

// Returns once every process is frozen; check is asked while waiting. After a failure nothing is frozen.
Result<void> freeze(const std::string& path, const Hierarchy& hierarchy,
                    const std::function<Result<void>()>& check);
Result<void> thaw(const std::string& path, const Hierarchy& hierarchy);

} // namespace rt::namespaces
