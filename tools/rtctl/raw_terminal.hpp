// SPDX-License-Identifier: Apache-2.0
// Our terminal in raw mode for as long as the object lives. What it was is left to the job that has it by
// then.
#pragma once

#include "tools/rtctl/job_control.hpp"

#include <termios.h>
#include <unistd.h>

namespace rt::cli {

class RawTerminal {
public:
    RawTerminal() {
        if (::tcgetattr(STDIN_FILENO, &saved_) != 0) return;
        termios raw = saved_;
        ::cfmakeraw(&raw);
        active_ = ::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
    }
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal() {
        if (active_ && !is_in_background()) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_);
    }

private:
    termios saved_{};
    bool active_ = false;
};

} // namespace rt::cli
