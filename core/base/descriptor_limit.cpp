// SPDX-License-Identifier: Apache-2.0
#include "core/base/descriptor_limit.hpp"

#include <sys/resource.h>

#include <atomic>

namespace rt {
namespace {

std::atomic<rlim_t> limit_before = 0; // 0: it was not raised

} // namespace

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    const rlim_t own = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) limit_before = own;
}

void restore_descriptor_limit(pid_t child) {
    const rlim_t own = limit_before;
    rlimit limit{};
    if (own == 0 || ::prlimit(child, RLIMIT_NOFILE, nullptr, &limit) != 0) return;
    limit.rlim_cur = own;
    ::prlimit(child, RLIMIT_NOFILE, &limit, nullptr);
}

} // namespace rt
