// SPDX-License-Identifier: Apache-2.0
#include "support/patience.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace rt::test {

std::chrono::milliseconds patience(std::chrono::milliseconds usual) {
    const char* const scale = std::getenv("RT_TEST_TIME_SCALE");
    return usual * (scale == nullptr ? 1 : std::clamp(std::atoi(scale), 1, 1000));
}

Limit::Limit(std::chrono::milliseconds usual)
    : left_(patience(usual)), last_(std::chrono::steady_clock::now()) {
    end_ = last_ + 5 * left_;
}

bool Limit::is_over() {
    const auto now = std::chrono::steady_clock::now();
    left_ -= std::min<std::chrono::steady_clock::duration>(now - last_, patience(std::chrono::seconds(1)));
    last_ = now;
    return left_ < left_.zero() || now > end_;
}

bool eventually(const std::function<bool()>& condition) {
    Limit limit(std::chrono::seconds(10));
    while (!condition()) {
        if (limit.is_over()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(3)); // between two looks, not for an effect
    }
    return true;
}

bool is_readable(int fd, std::chrono::milliseconds usual) {
    Limit limit(usual);
    pollfd polled{fd, POLLIN, 0};
    constexpr int kSliceMs = 500;
    while (::poll(&polled, 1, kSliceMs) <= 0)
        if (limit.is_over()) return false;
    return true;
}

} // namespace rt::test
