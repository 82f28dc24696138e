// SPDX-License-Identifier: Apache-2.0
// A container (or a process in one) in the foreground: its output is ours, our input is its, signals go
// through, a terminal is in raw mode as long as this lasts. A reader of ours that is slow slows the container
// and nothing else. One per process.
#pragma once

#include "core/container/detach_keys.hpp"
#include "core/shim/client.hpp"

#include <functional>
#include <memory>

namespace rt::cli {

enum class SignalProxy {
    to_container, // what we are sent is meant for it
    to_us         // they end us, not it (exec, and attach where it is asked for)
};

// "rtctl run ... | head": what SIGPIPE would do to a program of the host, and which the first process of a
// container would not feel. Without it the program would write into its log for ever.
enum class ReaderGone { kill_container, leave };

struct ForegroundOptions {
    bool terminal = false;
    bool with_stdin = false;
    bool with_stdout = true, with_stderr = true; // else it is thrown away (--attach)
    SignalProxy signals = SignalProxy::to_container;
    ReaderGone reader_gone = ReaderGone::kill_container;
    std::string detach_keys{}; // bytes, as parse_detach_keys() gives them
};

enum class ForegroundEnd { exited, detached, interrupted, lost };

struct ForegroundResult {
    ForegroundEnd end = ForegroundEnd::lost;
    ExitRecord exit;       // exited
    int signal_number = 0; // interrupted: we were told to end, the container was not
};

// Signals are held back from before the start, so that none gets lost between start and wait.
class Foreground {
public:
    explicit Foreground(const ForegroundOptions& options);
    Foreground(const Foreground&) = delete;
    Foreground& operator=(const Foreground&) = delete;
    ~Foreground();

    // Readable when a signal has come that asks for an end: before the container runs, it ends the start.
    [[nodiscard]] int cancel_fd() const;

    // Until the container ends, its shim dies, or the detach keys are typed on our terminal.
    Result<ForegroundResult> follow(ShimClient& shim);

    // Called by follow() when the container's terminal has got another size.
    using OnResize = std::function<void(int rows, int columns)>;
    void on_resize(OnResize call);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace rt::cli
