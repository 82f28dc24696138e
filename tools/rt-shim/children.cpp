// SPDX-License-Identifier: Apache-2.0
#include "children.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rt::shim {
namespace {

int child_event = -1; // of the one instance: a signal handler has no other way to find it

void wake(int number) {
    if (number != SIGCHLD) return;
    const int saved = errno;
    const std::uint64_t one = 1;
    (void)!::write(child_event, &one, sizeof one); // it is full: then the loop wakes anyhow
    errno = saved;
}

// posix_spawn(3) of glibc leaves its two internal signals ignored, which the container would inherit. Their
// dispositions can only be reached by the system call itself.
void restore_internal_signals() {
    struct KernelAction {
        std::uint64_t handler = 0, flags = 0, restorer = 0, mask = 0;
    } action;
    for (const int number : {__SIGRTMIN, __SIGRTMIN + 1})
        (void)::syscall(SYS_rt_sigaction, number, &action, nullptr, sizeof action.mask); // cosmetic
}

} // namespace

Result<void> Children::open() {
    restore_internal_signals();
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return fail_errno(errno, "become a subreaper");
    event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event_) return fail_errno(errno, "make the shim's event descriptor");
    child_event = event_.get();
    struct sigaction action{};
    action.sa_handler = wake;
    action.sa_flags = SA_RESTART;
    for (const int number : {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE})
        if (::sigaction(number, &action, nullptr) != 0) return fail_errno(errno, "handle signal ", number);
    return loop_.add(event_.get(), EPOLLIN, *this);
}

void Children::on_events(std::uint32_t /*events*/) {
    std::uint64_t count = 0;
    (void)!::read(event_.get(), &count, sizeof count); // nothing to read: reap() sees to that
    reap();
}

void Children::reap() {
    for (;;) {
        int status = 0;
        // __WALL: also a process that its driver cloned without an exit signal.
        const pid_t pid = ::waitpid(-1, &status, WNOHANG | __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid <= 0) return;
        owner_.on_child(pid, status);
    }
}

} // namespace rt::shim
