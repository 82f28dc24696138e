// SPDX-License-Identifier: Apache-2.0
#include "support/patience.hpp"

#include <algorithm>
#include <cstdlib>

namespace rt::test {

std::chrono::milliseconds patience(std::chrono::milliseconds usual) {
    const char* const scale = std::getenv("RT_TEST_TIME_SCALE");
    return usual * (scale == nullptr ? 1 : std::clamp(std::atoi(scale), 1, 1000));
}

} // namespace rt::test
