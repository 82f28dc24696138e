// SPDX-License-Identifier: Apache-2.0
// Runs the reaper command while the container is to be cleaned up and nobody holds its lease: at once, then
// with back-off (100 ms, doubled up to 30 s). One thread.
#pragma once

#include "event_loop.hpp"
#include "shim_log.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace rt::shim {

class Reaper {
public:
    Reaper(EventLoop& loop, OwnLog& log) : log_(log), again_(loop, [this] { spawn(); }) {}

    void set_command(std::vector<std::string> command) { command_ = std::move(command); }
    [[nodiscard]] bool has_command() const { return !command_.empty(); }
    // Somebody has to clean up; nothing happens while a run of the command is under way or waited for.
    void need();
    // Somebody has taken the lease, or the container lives on.
    void rest() { again_.cancel(); }

    // Runs the command with `event`, the container's id and details (JSON) in place of `reap`; nobody waits
    // for it.
    void tell(const std::string& details);

    // A child of ours has ended. True: it was the command; need() again if there is still something to do.
    bool on_child(pid_t pid, int status);
    void forget_back_off() { delay_ = 0; } // the next need() is a new one
    [[nodiscard]] bool last_run_succeeded() const { return succeeded_; }

private:
    void spawn();
    void back_off();

    OwnLog& log_;
    Timer again_;
    std::vector<std::string> command_;
    pid_t pid_ = 0; // of the run under way
    std::int64_t delay_ = 0;
    bool succeeded_ = false;
};

} // namespace rt::shim
