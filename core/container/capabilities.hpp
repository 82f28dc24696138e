// SPDX-License-Identifier: Apache-2.0
// Which capabilities a container's first process gets: Docker's default set with --cap-add and --cap-drop
// applied. Pure.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace rt {

// "net_admin" -> "CAP_NET_ADMIN"; "all" -> "ALL". invalid_argument names the nearest one.
Result<std::string> canonical_capability(const std::string& name);

// Sorted, canonical. Dropping "ALL" leaves only what is added by name; adding "ALL" all but what is dropped
// by name.
Result<std::vector<std::string>> effective_capabilities(const std::vector<std::string>& add,
                                                        const std::vector<std::string>& drop);

} // namespace rt
