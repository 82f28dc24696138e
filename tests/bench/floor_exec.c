// SPDX-License-Identifier: Apache-2.0
// The least that the kernel needs for one more process in a container: floor-exec PID CGROUP-FILES... --
// PROGRAM. Joins the cgroups by their files (tasks, or cgroup.procs of v2) and all namespaces of PID, runs
// PROGRAM in its pid namespace, waits.
#include "floor.h"

#include <fcntl.h>
#include <sched.h>
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
    if (count < 4) return 2;
    const int target = (int)syscall(SYS_pidfd_open, atoi(arguments[1]), 0);
    must(target, "pidfd_open");
    int at = 2;
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
    const pid_t child = vfork();
    must(child, "vfork");
    if (child == 0) {
        execv(arguments[at + 1], arguments + at + 1);
        _exit(127);
    }
    int status = 0;
    must(waitpid(child, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
