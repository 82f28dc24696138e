// SPDX-License-Identifier: Apache-2.0
// A compiled seccomp filter, ready for seccomp(2). A plain value.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace rt::namespaces {

struct SeccompProgram {
    std::vector<sock_filter> instructions; // empty: no filter at all
    std::uint32_t flags = 0;               // SECCOMP_FILTER_FLAG_*
};

} // namespace rt::namespaces
