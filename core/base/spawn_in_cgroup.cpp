// SPDX-License-Identifier: Apache-2.0
#include "core/base/spawn_in_cgroup.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace rt {
namespace {

void reset_signals() {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        (void)::sigaction(number, &standard, nullptr); // not those that cannot be caught, nor libc's own
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Between clone and exec: system calls only. Returns the errno of the step that failed.
int become(const SpawnInCgroup& request) {
    ::setsid();
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return errno;
    for (const int standard : {0, 1, 2})
        if ((null == standard ? ::fcntl(null, F_SETFD, 0) : ::dup2(null, standard)) < 0) return errno;
    for (const auto& [ours, theirs] : request.steps.placed)
        if (::dup2(ours, theirs) < 0) return errno;
    if (::close_range(static_cast<unsigned>(request.steps.first_closed), ~0U, 0) < 0) return errno;
    reset_signals();
    ::execve(request.file, request.arguments, request.environment);
    return errno;
}

} // namespace

int spawn_in_cgroup(pid_t& pid, const SpawnInCgroup& request) {
    // Where the child says why it could not go on: the only memory that both see.
    void* const shared =
        ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return errno;
    auto* const problem = static_cast<volatile int*>(shared);
    clone_args how{};
    how.flags = CLONE_INTO_CGROUP | CLONE_VFORK; // goes on when the program runs, or could not
    how.exit_signal = SIGCHLD;
    how.cgroup = static_cast<__u64>(request.cgroup);
    const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
    if (child == 0) {
        *problem = become(request);
        ::_exit(127);
    }
    const int failure = child < 0 ? errno : *problem;
    ::munmap(shared, sizeof(int));
    if (child > 0 && failure != 0)
        while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
        }
    pid = child;
    return failure;
}

} // namespace rt
