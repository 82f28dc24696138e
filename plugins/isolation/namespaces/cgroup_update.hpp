// SPDX-License-Identifier: Apache-2.0
// Changes limits of a cgroup that is in use: in the order that the kernel demands, what is not given stays.
#pragma once

#include "cgroup_limits.hpp"

namespace rt::namespaces {

// Limits below what is in use: RTP_FAILED_PRECONDITION, with the use named.
Result<void> update_v1_limits(const LimitTarget& target, const Hierarchy& hierarchy,
                              const Resources& resources);
Result<void> update_v2_limits(const LimitTarget& target, const Resources& resources);

} // namespace rt::namespaces
