// SPDX-License-Identifier: Apache-2.0
// What the processes of a container's cgroups use, as the JSON of rt.isolation.stats (<rtp/isolation.h>).
#pragma once

#include "cgroup.hpp"

namespace rt::namespaces {

// A file that is not there is a missing key; one that cannot be read is a failure.
Result<std::string> read_stats(CgroupKind kind, const std::vector<Cgroup::Directory>& directories);

} // namespace rt::namespaces
