// SPDX-License-Identifier: Apache-2.0
// Which system calls are points, and for what.
#pragma once

#include "tracer.hpp"

#include <cstdint>

namespace rt::test {

struct Call {
    long number;
    const std::uint64_t* arguments; // six
};

// Whether a strike of this kind at this call can make a difference.
bool is_point(Strike strike, const Call& call);

// Calls that EINTR may end. file: what its first argument is open for, as /proc/PID/fd tells: reads and
// writes of files on disks are never interrupted.
bool is_interruptible(const Call& call, const std::string& file);

std::string name_of_call(long number);

} // namespace rt::test
