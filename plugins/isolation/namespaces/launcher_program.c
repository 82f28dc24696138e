/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The launcher: a static program without any library that executes another one. argv: the number of a
 * descriptor for the report, the program, then the program's own arguments. A failure is reported as one
 * packet of three 32-bit words: kind (2: error), code (0: see errno), errno; see channel.hpp.
 */
#include <linux/fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static long call3(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
__asm__(
    ".global _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall launch\n\thlt\n");
#elif defined(__aarch64__)
static long call3(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
__asm__(".global _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl launch\n");
#else
#error "the launcher has no system call for this architecture"
#endif

/* stack: argc, argv[0..argc], 0, environment */
__attribute__((noreturn, used)) void launch(const long* stack);
void launch(const long* stack) {
    const long argc = stack[0];
    const char* const* argv = (const char* const*)(stack + 1);
    long report = 0;
    int32_t packet[3] = {2, 0, 0};
    if (argc >= 3) {
        for (const char* digit = argv[0]; *digit != 0; ++digit) report = report * 10 + (*digit - '0');
        /* The descriptor must not reach the program: without this step it is not executed. */
        long result = call3(SYS_fcntl, report, F_SETFD, 1);
        if (result == 0) result = call3(SYS_execve, (long)argv[1], (long)(argv + 2), (long)(argv + argc + 1));
        packet[2] = (int32_t)-result;
        call3(SYS_write, report, (long)packet, sizeof packet);
    }
    for (;;) call3(SYS_exit_group, 127, 0, 0);
}
