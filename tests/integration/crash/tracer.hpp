// SPDX-License-Identifier: Apache-2.0
// Runs a command of rtctl under ptrace and strikes it, its shim or its reaper at one chosen system call. The
// points where a crash can matter are not written down anywhere: they are the system calls with an effect
// that the programs really make, so a new step cannot be forgotten, and what is tested is the program that is
// shipped.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rt::test {

// Which process makes a system call.
enum class Role {
    client, // the rtctl that was started
    shim,   // rt-shim
    reaper, // an rtctl that the shim runs
    child,  // what any of them has forked and what has not become a program of its own yet
};

const char* name_of(Role role);

// What is done at a point.
enum class Strike {
    kill,          // SIGKILL before the call takes effect
    no_space,      // ENOSPC from what makes or grows a file
    no_descriptor, // EMFILE from what makes a descriptor
    no_memory,     // ENOMEM from what maps memory or makes a process, a mount or a socket
    locked, // another process has the database's write lock when this one asks for it, and for a moment more
};

struct Point {
    Role role;
    Strike strike;
    std::size_t number; // of those of its kind, from 0
};

struct TraceRequest {
    std::vector<std::string> command;
    std::vector<pid_t> attach;     // processes that run already: shims
    bool to_the_end = false;       // until every traced process has gone, not only the client
    std::optional<Point> point;    // none: only counts
    bool interrupt_always = false; // every call that can be interrupted is, once: EINTR
};

struct TraceResult {
    int exit_code = -1; // of the client; 128+n when ended by a signal
    std::string output; // both its outputs
    bool struck = false;
    bool hung = false; // not at its end after half a minute, or a minute of work: killed then, and its shims
                       // let go; output says who was at what
    std::string struck_at;                                // the name of the call
    std::map<Role, std::map<Strike, std::size_t>> points; // how many there were
};

TraceResult trace(const TraceRequest& request);

} // namespace rt::test
