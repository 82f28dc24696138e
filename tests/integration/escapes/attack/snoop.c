/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snoop: looks at every process that appears in the container until /tmp/stop is there. One that does not yet
 * run a program of the container must not be open to us: each way in that works is a line of output, and the
 * first such process is the last.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_of_container(int pid) {
    char path[64];
    char link[512] = "";
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    if (readlink(path, link, sizeof link - 1) < 0) return -1; /* closed to us, as it should be, or gone */
    return strncmp(link, "/bin/", 5) == 0 || strncmp(link, "/attack/", 8) == 0;
}

static void try_descriptors(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR* const directory = opendir(path);
    if (directory == NULL) return;
    for (struct dirent* one; (one = readdir(directory)) != NULL;) {
        char link[512] = "";
        if (atoi(one->d_name) > 2 && readlinkat(dirfd(directory), one->d_name, link, sizeof link - 1) > 0)
            printf("descriptor %s of %d: %s\n", one->d_name, pid, link);
    }
    closedir(directory);
}

static void try_root(int pid) {
    struct stat mine;
    struct stat theirs;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/root/", pid);
    if (stat("/", &mine) != 0 || stat(path, &theirs) != 0) return;
    if (mine.st_dev != theirs.st_dev || mine.st_ino != theirs.st_ino)
        printf("the root of %d is another than ours\n", pid);
}

static void try_all(int pid) {
    try_root(pid);
    if (is_of_container(pid) != 0) return; /* -1: closed; 1: ours */
    printf("the program of %d can be seen\n", pid);
    try_descriptors(pid);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    const int memory = open(path, O_RDWR | O_CLOEXEC);
    if (memory >= 0 && is_of_container(pid) == 0) printf("the memory of %d can be written\n", pid);
    if (memory >= 0) close(memory);
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) == 0) printf("%d can be traced\n", pid);
    exit(1); /* which lets go of it */
}

int main(void) {
    int ready = 0;
    while (access("/tmp/stop", F_OK) != 0) {
        DIR* const processes = opendir("/proc");
        if (processes == NULL) return 2;
        for (struct dirent* one; (one = readdir(processes)) != NULL;) {
            const int pid = isdigit((unsigned char)one->d_name[0]) ? atoi(one->d_name) : 0;
            if (pid > 1 && pid != getpid()) try_all(pid);
        }
        closedir(processes);
        if (!ready) {
            puts("ready");
            fflush(stdout);
            ready = 1;
        }
    }
    puts("end");
    return 0;
}
