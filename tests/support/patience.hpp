// SPDX-License-Identifier: Apache-2.0
// How long tests wait for what has to come.
#pragma once

#include <chrono>

namespace rt::test {

// usual, for a machine of usual speed; times RT_TEST_TIME_SCALE of the environment (1 to 1000), which is for
// emulated ones.
std::chrono::milliseconds patience(std::chrono::milliseconds usual);

} // namespace rt::test
