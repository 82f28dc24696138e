// SPDX-License-Identifier: Apache-2.0
// A container in the foreground: its output is ours, our input is its, signals go through, a terminal is in
// raw mode as long as this lasts. One per process.
#pragma once

#include "core/container/run.hpp"
#include "core/shim/client.hpp"

#include <functional>

namespace rt::cli {

struct ForegroundOptions {
    bool terminal = false;
    bool with_stdin = false;
};

enum class ForegroundEnd { exited, detached, lost };

struct ForegroundResult {
    ForegroundEnd end = ForegroundEnd::lost;
    ExitRecord exit; // exited
};

// Signals are held back from before the start, so that none gets lost between start and wait.
class Foreground {
public:
    explicit Foreground(const ForegroundOptions& options);
    Foreground(const Foreground&) = delete;
    Foreground& operator=(const Foreground&) = delete;
    ~Foreground();

    // Readable when a signal has come that is meant for the container; before it runs, that ends the start.
    [[nodiscard]] int signals() const;

    // Until the container ends, its shim dies, or the detach keys (ctrl-p ctrl-q, with a terminal) are typed.
    Result<ForegroundResult> follow(ShimClient& shim);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace rt::cli
