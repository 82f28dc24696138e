// SPDX-License-Identifier: Apache-2.0
// rt-floor --rootfs DIR [--runs N] [--step]: starts and ends a container N times with nothing but the system
// calls, and prints how long each took as JSON. --step waits for a line on stdin before each run and answers
// each with its milliseconds on a line, so that other contenders can be run in between.
#include "floor.h"

#include "floor_netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint32_t kGateway = 0x0a630001, kAddress = 0x0a630002;
enum { kPrefix = 24, kMaxRuns = 10000 };

static struct {
    int is_container; // this process is the one that was cloned
    char directory[64];
    struct cgroups cgroups;
    int bridge, netlink;
    const char* rootfs;
} floor_state;

static void leave_nothing(void) {
    cgroups_close(&floor_state.cgroups);
    static const char* const parts[] = {"work/work", "work", "upper", "merged", ""};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
        char path[128];
        snprintf(path, sizeof path, "%s/c/%s", floor_state.directory, parts[i]);
        (void)rmdir(path); // only there after an error
    }
    (void)rmdir(floor_state.directory);
}

void must(long result, const char* what) {
    if (result >= 0) return;
    fprintf(stderr, "rt-floor: %s: %s\n", what, strerror(errno));
    if (!floor_state.is_container) leave_nothing();
    _exit(1);
}

static double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void make_devices(void) {
    static const struct {
        const char* name;
        unsigned int major, minor;
    } devices[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
                   {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
    umask(0);
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; ++i)
        must(mknod(devices[i].name, S_IFCHR | 0666, makedev(devices[i].major, devices[i].minor)),
             devices[i].name);
    must(mkdir("dev/pts", 0755), "make /dev/pts");
    must(symlink("/proc/self/fd", "dev/fd"), "link /dev/fd");
    must(symlink("pts/ptmx", "dev/ptmx"), "link /dev/ptmx");
}

static void make_mounts(const char* container) {
    char options[512];
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", floor_state.rootfs,
             container, container);
    const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
    must(chdir(container), container);
    must(mount("overlay", "merged", "overlay", 0, options), "mount overlay");
    must(chdir("merged"), "merged");
    must(mount("proc", "proc", "proc", safe, NULL), "mount /proc");
    must(mount("sysfs", "sys", "sysfs", safe | MS_RDONLY, NULL), "mount /sys");
    must(mount("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=64m"), "mount /dev");
    make_devices();
    must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"),
         "mount /dev/pts");
}

static void set_up_network(void) {
    struct batch batch = {0};
    const int fd = netlink_open();
    const int link = (int)if_nametoindex("eth0");
    add_address(&batch, link, htonl(kAddress), kPrefix);
    set_up(&batch, link);
    set_up(&batch, 1);
    add_default_route(&batch, link, htonl(kGateway));
    netlink_commit(fd, &batch);
    close(fd);
}

// The container's first process, up to its exec.
_Noreturn static void become_container(const char* container, int veth_is_there) {
    floor_state.is_container = 1;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    cgroups_join(&floor_state.cgroups);
    must(unshare(CLONE_NEWCGROUP), "unshare cgroup namespace");
    make_mounts(container);
    must(sethostname("floor", 5), "set host name");
    char byte;
    if (read(veth_is_there, &byte, 1) != 1) _exit(1);
    set_up_network();
    must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "detach the old root");
    must(chdir("/"), "/");
    char name[] = "true";
    char* arguments[] = {name, NULL};
    execve("/bin/true", arguments, arguments + 1);
    must(-1, "exec /bin/true");
    _exit(1);
}

static void run_container(const char* container, int number) {
    struct cgroups* cgroups = &floor_state.cgroups;
    int ends[2], pidfd = -1;
    must(pipe2(ends, O_CLOEXEC), "pipe");
    struct clone_args request = {.flags = CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET |
                                          CLONE_NEWIPC | CLONE_NEWUTS,
                                 .pidfd = (uintptr_t)&pidfd,
                                 .exit_signal = SIGCHLD};
    if (cgroups->unified >= 0) {
        request.flags |= CLONE_INTO_CGROUP;
        request.cgroup = (unsigned)cgroups->joining[cgroups->unified];
    }
    const long pid = syscall(SYS_clone3, &request, sizeof request);
    must(pid, "clone3");
    if (pid == 0) {
        close(ends[1]);
        become_container(container, ends[0]);
    }
    close(ends[0]);
    // While the container mounts, its parent makes the link.
    char name[IFNAMSIZ];
    snprintf(name, sizeof name, "floor%d", number);
    struct batch batch = {0};
    add_veth(&batch, name, floor_state.bridge, (pid_t)pid);
    netlink_commit(floor_state.netlink, &batch);
    must(write(ends[1], "", 1), "release the container");
    siginfo_t status;
    must(waitid(P_PIDFD, (id_t)pidfd, &status, WEXITED), "wait");
    if (status.si_status != 0) {
        errno = ECHILD;
        must(-1, "the container failed");
    }
    close(ends[1]);
    close(pidfd);
}

static double run_once(int number) {
    static const char* const parts[] = {"", "/upper", "/work", "/merged"};
    static const char* const leftovers[] = {"/work/work", "/work", "/upper", "/merged", ""};
    char container[80], path[128];
    const double start = now_ms();
    snprintf(container, sizeof container, "%s/c", floor_state.directory);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
        snprintf(path, sizeof path, "%s%s", container, parts[i]);
        must(mkdir(path, 0755), path);
    }
    cgroups_make(&floor_state.cgroups);
    run_container(container, number);
    // The veth goes with the namespace: removing it by name waits for RCU grace periods.
    cgroups_remove(&floor_state.cgroups);
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; ++i) {
        snprintf(path, sizeof path, "%s%s", container, leftovers[i]);
        must(rmdir(path), path);
    }
    return now_ms() - start;
}

static int compare(const void* left, const void* right) {
    double a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

// Namespaces of the floor's own: its bridge and mounts vanish with it.
static void prepare_host(void) {
    must(unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "make mounts private");
    snprintf(floor_state.directory, sizeof floor_state.directory, "/var/lib/rt-floor-%d", getpid());
    must(mkdir(floor_state.directory, 0700), floor_state.directory);
    cgroups_open(&floor_state.cgroups);
    struct batch batch = {0};
    floor_state.netlink = netlink_open();
    add_bridge(&batch, "rt-floor");
    netlink_commit(floor_state.netlink, &batch);
    floor_state.bridge = (int)if_nametoindex("rt-floor");
    add_address(&batch, floor_state.bridge, htonl(kGateway), kPrefix);
    set_up(&batch, 1);
    netlink_commit(floor_state.netlink, &batch);
}

static int usage(void) {
    fputs(
        "usage: rt-floor --rootfs DIR [--runs N] [--step]; DIR holds a static /bin/true, /proc, /sys, /dev\n",
        stderr);
    return 2;
}

int main(int count, char** arguments) {
    int runs = 100, step = 0;
    for (int i = 1; i < count; ++i) {
        if (strcmp(arguments[i], "--step") == 0)
            step = 1;
        else if (i + 1 < count && strcmp(arguments[i], "--rootfs") == 0)
            floor_state.rootfs = arguments[++i];
        else if (i + 1 < count && strcmp(arguments[i], "--runs") == 0)
            runs = atoi(arguments[++i]);
        else
            return usage();
    }
    if (floor_state.rootfs == NULL || runs < 1 || runs > kMaxRuns) return usage();
    prepare_host();
    static double times[kMaxRuns];
    int done = 0;
    for (char line[16]; done < runs; ++done) {
        if (step && fgets(line, sizeof line, stdin) == NULL) break;
        times[done] = run_once(done);
        if (step) printf("%.3f\n", times[done]), fflush(stdout);
    }
    leave_nothing();
    if (step || done == 0) return 0;
    qsort(times, (size_t)done, sizeof times[0], compare);
    printf("{\"runs\": %d, \"median_ms\": %.3f, \"min_ms\": %.3f, \"p90_ms\": %.3f}\n", done, times[done / 2],
           times[0], times[done * 9 / 10]);
    return 0;
}
