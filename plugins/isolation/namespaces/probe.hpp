// SPDX-License-Identifier: Apache-2.0
// Can containers be run on this host? Looks only; makes nothing.
#pragma once

#include "cgroup_layout.hpp"
#include "system.hpp"

#include <string>
#include <vector>

namespace rt::namespaces {

// Facts as a JSON object, or why not (RTP_UNSUPPORTED, RTP_PERMISSION_DENIED).
Result<std::string> probe_host();

// What of the layout works and takes something away from containers, each with what to do.
std::vector<std::string> warnings_of(const CgroupLayout& layout);

} // namespace rt::namespaces
