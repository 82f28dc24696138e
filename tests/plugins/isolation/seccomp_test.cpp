// SPDX-License-Identifier: Apache-2.0
// The filter compiler against a model of the kernel's filter machine, and the built-in profile by what it
// lets through.
#include "seccomp_profile.hpp"

#include <gtest/gtest.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <map>

namespace rt::namespaces {
namespace {

constexpr std::uint32_t kErrno = SECCOMP_RET_ERRNO, kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint64_t kNoCapabilities = 0;

// Runs a filter as the kernel does.
std::uint32_t decide(const SeccompProgram& program, std::uint32_t architecture, std::uint32_t number,
                     std::vector<std::uint64_t> arguments = {}) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    data.arch = architecture;
    for (std::size_t i = 0; i < arguments.size(); ++i) data.args[i] = arguments[i];
    std::uint32_t a = 0;
    const auto& code = program.instructions;
    for (std::size_t at = 0; at < code.size(); ++at) {
        const sock_filter& one = code[at];
        const auto jump = [&](bool yes) { at += yes ? one.jt : one.jf; };
        switch (one.code) {
        case BPF_LD | BPF_W | BPF_ABS:
            std::memcpy(&a, reinterpret_cast<const char*>(&data) + one.k, sizeof a);
            break;
        case BPF_ALU | BPF_AND | BPF_K: a &= one.k; break;
        case BPF_JMP | BPF_JA: at += one.k; break;
        case BPF_JMP | BPF_JEQ | BPF_K: jump(a == one.k); break;
        case BPF_JMP | BPF_JGT | BPF_K: jump(a > one.k); break;
        case BPF_JMP | BPF_JGE | BPF_K: jump(a >= one.k); break;
        case BPF_RET | BPF_K: return one.k;
        default: ADD_FAILURE() << "instruction " << one.code << " is not modelled"; return 0;
        }
    }
    ADD_FAILURE() << "the program runs off its end";
    return 0;
}

std::uint32_t native() {
    return ::seccomp_arch_native();
}

SeccompProgram builtin(std::uint64_t capabilities) {
    return *compile_seccomp(default_seccomp_profile(capabilities));
}

TEST(SeccompDefault, AllowsTheUsualAndRefusesTheDangerous) {
    const auto program = builtin(kNoCapabilities);
    for (const int number :
         {SYS_read, SYS_openat, SYS_execve, SYS_futex, SYS_statx, SYS_ptrace, SYS_seccomp, SYS_socketpair})
        EXPECT_EQ(decide(program, native(), static_cast<unsigned>(number)), kAllow) << number;
    for (const int number :
         {SYS_mount, SYS_umount2, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, SYS_unshare, SYS_setns,
          SYS_reboot, SYS_init_module, SYS_kexec_load, SYS_open_by_handle_at, SYS_io_uring_setup,
          SYS_userfaultfd, SYS_perf_event_open, SYS_swapon, SYS_pivot_root, SYS_chroot, SYS_syslog})
        EXPECT_EQ(decide(program, native(), static_cast<unsigned>(number)), kErrno | EPERM) << number;
    EXPECT_EQ(decide(program, native(), SYS_clone3), kErrno | ENOSYS);
    EXPECT_EQ(decide(program, native(), 5000), kErrno | ENOSYS) << "newer than the profile";
    EXPECT_EQ(decide(program, native(), 466), kAllow) << "removexattrat, which libseccomp does not know";
}

TEST(SeccompDefault, LooksAtArguments) {
    const auto program = builtin(kNoCapabilities);
    const auto with = [&](long number, std::uint64_t argument) {
        return decide(program, native(), static_cast<unsigned>(number), {argument});
    };
    EXPECT_EQ(with(SYS_socket, 2), kAllow);          // AF_INET
    EXPECT_EQ(with(SYS_socket, 38), kErrno | EPERM); // AF_ALG
    EXPECT_EQ(with(SYS_socket, 39), kAllow);         // AF_NFC
    EXPECT_EQ(with(SYS_socket, 40), kErrno | EPERM); // AF_VSOCK
    EXPECT_EQ(with(SYS_socket, 41), kAllow);
    EXPECT_EQ(with(SYS_clone, SIGCHLD), kAllow);
    EXPECT_EQ(with(SYS_clone, SIGCHLD | CLONE_NEWUSER), kErrno | EPERM);
    EXPECT_EQ(with(SYS_clone, SIGCHLD | CLONE_THREAD | CLONE_VM), kAllow);
    EXPECT_EQ(with(SYS_personality, 0), kAllow);
    EXPECT_EQ(with(SYS_personality, 0xffffffff), kAllow);
    EXPECT_EQ(with(SYS_personality, 0x0040000), kErrno | EPERM); // ADDR_NO_RANDOMIZE
}

TEST(SeccompDefault, IsNotPassedByAnIntWithABitInItsUpperHalf) {
    const auto program = builtin(kNoCapabilities);
    const auto with = [&](long number, std::uint64_t argument) {
        return decide(program, native(), static_cast<unsigned>(number), {argument});
    };
    for (const std::uint64_t upper : {1ULL << 32, 1ULL << 63, 0xffffffffULL << 32}) {
        EXPECT_EQ(with(SYS_socket, upper | 38), kErrno | EPERM) << upper;
        EXPECT_EQ(with(SYS_socket, upper | 40), kErrno | EPERM) << upper;
        EXPECT_EQ(with(SYS_socket, upper | 2), kAllow) << upper;
        EXPECT_EQ(with(SYS_socket, upper | 39), kAllow) << upper;
        EXPECT_EQ(with(SYS_personality, upper | 0x0040000), kErrno | EPERM) << upper;
        EXPECT_EQ(with(SYS_personality, upper | 0x8), kAllow) << upper;
        EXPECT_EQ(with(SYS_clone, upper | SIGCHLD | CLONE_NEWUSER), kErrno | EPERM) << upper;
    }
}

TEST(SeccompDefault, FollowsCapabilities) {
    const std::map<int, int> opened{{CAP_SYS_ADMIN, SYS_mount},
                                    {CAP_SYS_CHROOT, SYS_chroot},
                                    {CAP_BPF, SYS_bpf},
                                    {CAP_PERFMON, SYS_perf_event_open},
                                    {CAP_SYSLOG, SYS_syslog},
                                    {CAP_SYS_PTRACE, SYS_kcmp},
                                    {CAP_SYS_MODULE, SYS_init_module},
                                    {CAP_SYS_TIME, SYS_settimeofday},
                                    {CAP_SYS_NICE, SYS_mbind},
                                    {CAP_SYS_BOOT, SYS_reboot},
                                    {CAP_SYS_PACCT, SYS_acct},
                                    {CAP_DAC_READ_SEARCH, SYS_open_by_handle_at}};
    const auto none = builtin(kNoCapabilities);
    for (const auto& [capability, number] : opened) {
        const auto program = builtin(1ULL << capability);
        EXPECT_EQ(decide(program, native(), static_cast<unsigned>(number)), kAllow) << capability;
        EXPECT_EQ(decide(none, native(), static_cast<unsigned>(number)), kErrno | EPERM) << capability;
    }
    const auto admin = builtin(1ULL << CAP_SYS_ADMIN);
    EXPECT_EQ(decide(admin, native(), SYS_clone3), kAllow);
    EXPECT_EQ(decide(admin, native(), SYS_clone, {CLONE_NEWUSER}), kAllow);
}

#if defined(__x86_64__)
TEST(SeccompDefault, CoversTheOtherArchitecturesOfTheMachine) {
    const auto program = builtin(kNoCapabilities);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 3), kAllow);          // read
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 21), kErrno | EPERM); // mount
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 359, {2}), kAllow);   // socket
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 359, {40}), kErrno | EPERM);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 102, {1}), kAllow);                   // socketcall
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 435), kErrno | ENOSYS);               // clone3
    EXPECT_EQ(decide(program, AUDIT_ARCH_X86_64, 0x40000000), kAllow);               // x32 read
    EXPECT_EQ(decide(program, AUDIT_ARCH_X86_64, 0x40000000 + 165), kErrno | EPERM); // x32 mount
    EXPECT_EQ(decide(program, AUDIT_ARCH_X86_64, 0xffffffff), kErrno | EPERM);
    EXPECT_EQ(decide(program, AUDIT_ARCH_AARCH64, 63), std::uint32_t{SECCOMP_RET_KILL_PROCESS});
}

TEST(SeccompCompile, AForbiddenCallIsForbiddenInItsMultiplexedFormToo) {
    SeccompProfile profile;
    profile.default_action = kAllow;
    profile.architectures = {SCMP_ARCH_X86_64, SCMP_ARCH_X86};
    profile.rules = {{"socket", kErrno | EACCES, {{0, SCMP_CMP_EQ, 16, 0}}}, {"msgget", kErrno | EACCES, {}}};
    const auto program = *compile_seccomp(profile);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 359, {16}), kErrno | EACCES);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 359, {2}), kAllow);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 102, {1}), kErrno | EACCES) << "its arguments cannot be seen";
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 102, {2}), kAllow);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 117, {13}), kErrno | EACCES);
    EXPECT_EQ(decide(program, AUDIT_ARCH_I386, 117, {0x10000 + 13}), kErrno | EACCES);
    EXPECT_EQ(decide(program, AUDIT_ARCH_X86_64, 0x40000000), std::uint32_t{SECCOMP_RET_KILL_PROCESS})
        << "x32 is not listed";
}
#endif

TEST(SeccompCompile, ComparesAll64Bits) {
    const std::uint64_t values[] = {0, 1, 5, 0xffffffff, 0x100000000, 0x100000005, 0x500000000, UINT64_MAX};
    const std::map<scmp_compare, bool (*)(std::uint64_t, std::uint64_t)> compares{
        {SCMP_CMP_EQ, [](auto a, auto b) { return a == b; }},
        {SCMP_CMP_NE, [](auto a, auto b) { return a != b; }},
        {SCMP_CMP_LT, [](auto a, auto b) { return a < b; }},
        {SCMP_CMP_LE, [](auto a, auto b) { return a <= b; }},
        {SCMP_CMP_GT, [](auto a, auto b) { return a > b; }},
        {SCMP_CMP_GE, [](auto a, auto b) { return a >= b; }}};
    for (const auto& [compare, holds] : compares)
        for (const auto wanted : values) {
            SeccompProfile profile;
            profile.default_action = kErrno | EPERM;
            profile.rules = {{"read", kAllow, {{1, compare, wanted, 0}}}};
            const auto program = *compile_seccomp(profile);
            for (const auto given : values)
                EXPECT_EQ(decide(program, native(), SYS_read, {0, given}) == kAllow, holds(given, wanted))
                    << compare << ": " << given << " and " << wanted;
        }
}

TEST(SeccompParse, ReadsTheWholeOfAProfile) {
    const auto profile = parse_seccomp(R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":13,
        "architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_AARCH64"],"flags":["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls":[{"names":["read","no_such_call"],"action":"SCMP_ACT_ALLOW"},
                    {"names":["write"],"action":"SCMP_ACT_LOG",
                     "args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},
                    {"names":["close"],"action":"SCMP_ACT_KILL_PROCESS"},
                    {"names":["lseek"],"action":"SCMP_ACT_TRAP"}]})");
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(profile->flags, SECCOMP_FILTER_FLAG_LOG);
    const auto program = *compile_seccomp(*profile);
    EXPECT_EQ(decide(program, native(), SYS_read), kAllow);
    EXPECT_EQ(decide(program, native(), SYS_write, {1}), std::uint32_t{SECCOMP_RET_LOG});
    EXPECT_EQ(decide(program, native(), SYS_write, {2}), std::uint32_t{SECCOMP_RET_LOG})
        << "conditions on one argument are alternatives";
    EXPECT_EQ(decide(program, native(), SYS_write, {3}), kErrno | EACCES);
    EXPECT_EQ(decide(program, native(), SYS_close), std::uint32_t{SECCOMP_RET_KILL_PROCESS});
    EXPECT_EQ(decide(program, native(), SYS_lseek), std::uint32_t{SECCOMP_RET_TRAP});
}

TEST(SeccompParse, RefusesWhatItDoesNotUnderstand) {
    for (const char* text :
         {R"({"defaultAction":"SCMP_ACT_MAYBE"})", R"({"defaultAction":"SCMP_ACT_NOTIFY"})",
          R"({"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/x"})",
          R"({"defaultAction":"SCMP_ACT_ALLOW","flags":["X"]})",
          R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ALLOW"}]})",
          R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":5000})",
          R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],)"
          R"("action":"SCMP_ACT_ALLOW","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]})"})
        EXPECT_FALSE(parse_seccomp(text)) << text;
}

TEST(SeccompDefault, RunsInTheKernel) {
    const auto program = builtin(kNoCapabilities);
    const pid_t child = ::fork();
    if (child == 0) {
        auto code = program.instructions;
        sock_fprog filter{static_cast<unsigned short>(code.size()), code.data()};
        if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
            ::_exit(2);
        const bool refused = ::syscall(SYS_keyctl, 0, 0, 0, 0, 0) == -1 && errno == EPERM;
        const bool absent = ::syscall(SYS_clone3, nullptr, 0) == -1 && errno == ENOSYS;
        const bool no_vsock = ::syscall(SYS_socket, 1ULL << 32 | 40, 1, 0) == -1 && errno == EPERM;
        ::_exit(refused && absent && no_vsock && ::getpid() > 0 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace rt::namespaces
