// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/job_control.hpp"

#include <signal.h>
#include <unistd.h>

#include <ctime>

namespace rt::cli {

bool is_in_background() {
    const pid_t group = ::tcgetpgrp(STDIN_FILENO);
    return group >= 0 && group != ::getpgrp();
}

bool stop_job(int number) {
    ::kill(0, number); // the whole job; it returns when we go on
    sigset_t continued;
    ::sigemptyset(&continued);
    ::sigaddset(&continued, SIGCONT);
    const timespec now{};
    return ::sigtimedwait(&continued, nullptr, &now) == SIGCONT;
}

} // namespace rt::cli
