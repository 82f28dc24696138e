// SPDX-License-Identifier: Apache-2.0
// How long each step of a start took, and which driver it was spent in. Stored with the container, shown by
// inspect. One thread.
#pragma once

#include "core/base/clock.hpp"
#include "core/base/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

class PhaseTimer {
public:
    PhaseTimer() : start_(monotonic_ns()), last_(start_) {}

    // The time since the phase before (or the beginning) was spent on name, in driver ("" : in the core).
    void mark(std::string name, std::string driver = {}) {
        const std::int64_t now = monotonic_ns();
        phases_.push_back({std::move(name), std::move(driver), now - last_});
        last_ = now;
    }

    // [{"name", "driver", "us"}..., {"name": "total", ...}]
    [[nodiscard]] Json to_json() const;

private:
    struct Phase {
        std::string name;
        std::string driver;
        std::int64_t ns;
    };
    std::int64_t start_;
    std::int64_t last_;
    std::vector<Phase> phases_;
};

} // namespace rt
