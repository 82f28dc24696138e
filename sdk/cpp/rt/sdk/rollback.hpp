// SPDX-License-Identifier: Apache-2.0
// Undo for operations of several steps: after each step add() what takes it back, and commit() at the end.
// Without commit() the destructor runs the undo steps, the last first. An undo step must not throw.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace rt::sdk {

class Rollback {
public:
    Rollback() = default;
    Rollback(const Rollback&) = delete;
    Rollback& operator=(const Rollback&) = delete;
    ~Rollback() {
        while (!undo_.empty()) {
            undo_.back()();
            undo_.pop_back();
        }
    }

    void add(std::function<void()> undo) { undo_.push_back(std::move(undo)); }
    void commit() { undo_.clear(); }

private:
    std::vector<std::function<void()>> undo_;
};

} // namespace rt::sdk
