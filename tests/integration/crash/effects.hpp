// SPDX-License-Identifier: Apache-2.0
// Which system calls are points, and for what.
#pragma once

#include "tracer.hpp"

#include <cstdint>
#include <string>

namespace rt::test {

struct Call {
    long number;
    const std::uint64_t* arguments; // six
};

// Whether a strike of this kind at this call can make a difference.
bool is_point(Strike strike, const Call& call);

// Of writes in a row to one file, two are points: one before any of it is there, one with a part of it there.
// Each later one finds such a part as well, and what comes after the last is the next call's. So it is with
// the database's log, which holds a whole transaction or none, and with what is written from a stream.
// Nothing but reading may lie between them. What is no file has no parts: each message counts.
class WritesInARow {
public:
    // For each call of one thread, in their order. file: what it writes to, as /proc/PID/fd tells; empty: it
    // writes nothing. True: it is no point, since it is as the one before.
    bool continues(const Call& call, const std::string& file);

private:
    std::string file_;
    int count_ = 0;
};

bool is_write(const Call& call);

// Calls that EINTR may end. file: what its first argument is open for, as /proc/PID/fd tells: reads and
// writes of files on disks are never interrupted.
bool is_interruptible(const Call& call, const std::string& file);

std::string name_of_call(long number);

} // namespace rt::test
