// SPDX-License-Identifier: Apache-2.0
// The files of a snapshot, without a mount that anybody else could see: the driver's mounts as a descriptor
// of their root directory. The kernel undoes the mount when the descriptor is closed, also after kill -9. Any
// thread.
#pragma once

#include "core/base/error.hpp"
#include "core/interfaces/driver.hpp"

#include <string>
#include <vector>

namespace rt {

// unsupported: more than one mount, or one that the kernel cannot make in this way.
Result<UniqueFd> open_snapshot(const std::vector<Mount>& mounts, const std::string& id);

} // namespace rt
