// SPDX-License-Identifier: Apache-2.0
#include "core/container/until_done.hpp"

#include <poll.h>

#include <chrono>

namespace rt {

Result<void> until_done(const std::string& name, const std::function<Result<Attempt>()>& attempt) {
    constexpr std::chrono::seconds kLimit{30};
    constexpr int kPause = 5; // ms
    const auto deadline = std::chrono::steady_clock::now() + kLimit;
    for (;;) {
        RT_TRY_ASSIGN(const Attempt outcome, attempt());
        if (outcome == Attempt::done) return {};
        if (std::chrono::steady_clock::now() > deadline)
            return fail(
                Code::unavailable, "container '", name,
                "' is being started or cleaned up by another process that does not come to an end: end that "
                "process");
        ::poll(nullptr, 0, kPause);
    }
}

} // namespace rt
