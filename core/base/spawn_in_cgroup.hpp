// SPDX-License-Identifier: Apache-2.0
// What posix_spawn(3) of this libc cannot do: a program in a process that is born in a given cgroup. Moving
// it there afterwards would wait for an RCU grace period, which takes milliseconds; this costs a fork.
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

namespace rt {

// What happens to descriptors before the program runs: 0, 1 and 2 are /dev/null, then each first becomes its
// second, then everything from first_closed on is closed.
struct SpawnSteps {
    const std::vector<std::pair<int, int>>& placed;
    int first_closed;
};

struct SpawnInCgroup {
    const char* file;
    char* const* arguments; // ends with a null pointer, as do the variables
    char* const* environment;
    SpawnSteps steps;
    int cgroup; // its directory, in the hierarchy of version 2
};

// In a session of its own, with default signals, none blocked. An errno, or 0 and pid.
int spawn_in_cgroup(pid_t& pid, const SpawnInCgroup& request);

} // namespace rt
