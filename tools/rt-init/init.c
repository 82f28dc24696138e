/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rt-init: the first process of a container with --init, in the container as /sbin/docker-init. A static
 * program without any library: it is bound into root file systems of any kind. It runs the program that its
 * arguments name (behind a "--") as its one child, in a process group of its own that has the terminal, where
 * there is one; passes signals on to it; reaps whatever else ends; and ends as the child did: with its exit
 * code, or 128 and the number of the signal. 127: there is no such program; 126: it cannot be executed.
 */
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/errno.h>
#include <linux/wait.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static long system_call(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}
__asm__(
    ".global _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall init\n\thlt\n");
#elif defined(__aarch64__)
static long system_call(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
__asm__(".global _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl init\n");
#else
#error "rt-init has no system call for this architecture"
#endif

enum { kPathLength = 4096, kCannotExecute = 126, kNotFound = 127 };

typedef uint64_t SignalSet; /* bit n-1 is signal n, as the kernel has it */

static SignalSet bit(int number) {
    return (SignalSet)1 << (number - 1);
}

/* What a fault of our own raises must end us; everything else waits for wait_for_signal(). */
static SignalSet waited_for(void) {
    return ~(bit(SIGFPE) | bit(SIGILL) | bit(SIGSEGV) | bit(SIGBUS) | bit(SIGABRT) | bit(SIGTRAP) |
             bit(SIGSYS));
}

static void set_mask(SignalSet mask, SignalSet* before) {
    system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, (long)before, sizeof mask, 0);
}

__attribute__((noreturn)) static void leave(long code) {
    for (;;) system_call(SYS_exit_group, code, 0, 0, 0, 0);
}

static long length_of(const char* text) {
    long length = 0;
    while (text[length] != 0) ++length;
    return length;
}

static void say(const char* text) {
    system_call(SYS_write, 2, (long)text, length_of(text), 0, 0);
}

static int has_slash(const char* text) {
    for (; *text != 0; ++text)
        if (*text == '/') return 1;
    return 0;
}

static const char* search_path(const char* const* environment) {
    for (; *environment != 0; ++environment) {
        const char* entry = *environment;
        if (entry[0] == 'P' && entry[1] == 'A' && entry[2] == 'T' && entry[3] == 'H' && entry[4] == '=')
            return entry + 5;
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

static long execute_at(const char* path, const char* const* argv, const char* const* environment) {
    return system_call(SYS_execve, (long)path, (long)argv, (long)environment, 0, 0);
}

/* Like execvp(3), without its guess that what the kernel cannot execute is a script. Answers the error. */
static long execute(const char* const* argv, const char* const* environment) {
    const char* name = argv[0];
    const long length = length_of(name);
    char candidate[kPathLength];
    long answer = -ENOENT;
    if (length == 0) return answer;
    if (has_slash(name)) return execute_at(name, argv, environment);
    for (const char* part = search_path(environment);; ++part) {
        long size = 0;
        for (; *part != 0 && *part != ':'; ++part)
            if (size < kPathLength) candidate[size++] = *part;
        if (size == 0) candidate[size++] = '.';
        if (size + length + 2 <= kPathLength) {
            candidate[size++] = '/';
            for (long i = 0; i <= length; ++i) candidate[size + i] = name[i];
            const long error = execute_at(candidate, argv, environment);
            if (error != -ENOENT && error != -ENOTDIR) answer = error;
            if (error != -ENOENT && error != -ENOTDIR && error != -EACCES) return answer;
        }
        if (*part == 0) return answer;
    }
}

__attribute__((noreturn)) static void run_child(const char* const* argv, const char* const* environment,
                                                SignalSet mask) {
    system_call(SYS_setpgid, 0, 0, 0, 0, 0);
    const int32_t group = (int32_t)system_call(SYS_getpid, 0, 0, 0, 0, 0);
    /* Not a terminal, or not ours: then there is nothing to hand over. SIGTTOU is still blocked. */
    system_call(SYS_ioctl, 0, TIOCSPGRP, (long)&group, 0, 0);
    set_mask(mask, 0);
    const long error = execute(argv, environment);
    say("docker-init: exec ");
    say(argv[0]);
    say(error == -ENOENT || error == -ENOTDIR ? ": no such file or directory\n"
        : error == -EACCES                    ? ": permission denied\n"
        : error == -ENOEXEC                   ? ": exec format error\n"
                                              : ": it cannot be executed\n");
    leave(error == -ENOENT || error == -ENOTDIR ? kNotFound : kCannotExecute);
}

/* Everything that has ended. Ends with the child. */
static void reap(long child) {
    for (;;) {
        int32_t status = 0;
        const long pid = system_call(SYS_wait4, -1, (long)&status, WNOHANG, 0, 0);
        if (pid == -EINTR) continue;
        if (pid <= 0) return;
        if (pid != child) continue;
        const int32_t signal_number = status & 0x7f;
        leave(signal_number != 0 ? 128 + signal_number : (status >> 8) & 0xff);
    }
}

/* stack: argc, argv[0..argc], 0, environment */
__attribute__((noreturn, used)) void init(const long* stack);
void init(const long* stack) {
    const long argc = stack[0];
    const char* const* argv = (const char* const*)(stack + 1);
    const char* const* environment = argv + argc + 1;
    const char* const* program = argv + 1;
    if (argc > 1 && program[0][0] == '-' && program[0][1] == '-' && program[0][2] == 0) ++program;
    if (argc < 1 || *program == 0) {
        say("docker-init: usage: docker-init -- PROGRAM [ARGUMENT...]\n");
        leave(kCannotExecute);
    }
    const SignalSet waited = waited_for();
    SignalSet before = 0;
    set_mask(waited, &before);
    const long child = system_call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) run_child(program, environment, before);
    if (child < 0) {
        say("docker-init: fork: it is refused\n");
        leave(kCannotExecute);
    }
    for (;;) {
        const long number = system_call(SYS_rt_sigtimedwait, (long)&waited, 0, 0, sizeof waited, 0);
        if (number == SIGCHLD) reap(child);
        /* Those of the terminal are for who reads or writes there. */
        if (number > 0 && number != SIGCHLD && number != SIGTTIN && number != SIGTTOU)
            system_call(SYS_kill, child, number, 0, 0, 0);
    }
}
