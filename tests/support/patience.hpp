// SPDX-License-Identifier: Apache-2.0
// How long tests wait for what has to come.
#pragma once

#include <chrono>
#include <functional>

namespace rt::test {

// usual, for a machine of usual speed; times RT_TEST_TIME_SCALE of the environment (1 to 1000), which is for
// emulated ones.
std::chrono::milliseconds patience(std::chrono::milliseconds usual);

// A time limit of patience(usual). What passes between two looks at it counts for patience(a second) at most:
// a machine that stood still, with all that is on it, has given nothing the time to happen. But five times as
// much by the clock is the end, for who has something slow to do between looks.
class Limit {
public:
    explicit Limit(std::chrono::milliseconds usual);
    [[nodiscard]] bool is_over(); // to be asked again and again

private:
    std::chrono::steady_clock::time_point end_;
    std::chrono::steady_clock::duration left_;
    std::chrono::steady_clock::time_point last_;
};

// Waits until condition() holds, which is asked every few milliseconds; false where it does not within a
// Limit of ten seconds.
bool eventually(const std::function<bool()>& condition);

// Whether within such a limit there is something to be read from fd, or its end.
bool is_readable(int fd, std::chrono::milliseconds usual);

} // namespace rt::test
