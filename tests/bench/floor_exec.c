// SPDX-License-Identifier: Apache-2.0
// The least that the kernel needs for one more process in a container:
//   rt-floor-exec PID V2-DIRECTORY|"" TASKS-FILES... -- PROGRAM
// Joins the v1 cgroups by their tasks files and all namespaces of PID, is born into the v2 cgroup, runs
// PROGRAM, waits.
#include "floor.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void must(long result, const char* what) {
    if (result >= 0) return;
    perror(what);
    _exit(1);
}

int main(int count, char** arguments) {
    if (count < 5) return 2;
    const int born_in = arguments[2][0] != 0 ? open(arguments[2], O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    const int target = (int)syscall(SYS_pidfd_open, atoi(arguments[1]), 0);
    must(target, "pidfd_open");
    int at = 3;
    for (; at < count && strcmp(arguments[at], "--") != 0; ++at) {
        const int fd = open(arguments[at], O_WRONLY | O_CLOEXEC);
        must(fd, arguments[at]);
        must(write(fd, "0", 1), arguments[at]);
        close(fd);
    }
    if (at + 1 >= count) return 2;
    must(setns(target,
               CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP),
         "setns");
    struct clone_args how = {.exit_signal = SIGCHLD};
    if (born_in >= 0) how.flags = CLONE_INTO_CGROUP, how.cgroup = (unsigned long)born_in;
    const pid_t child = (pid_t)syscall(SYS_clone3, &how, sizeof how);
    must(child, "clone3");
    if (child == 0) {
        execv(arguments[at + 1], arguments + at + 1);
        _exit(127);
    }
    int status = 0;
    must(waitpid(child, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
