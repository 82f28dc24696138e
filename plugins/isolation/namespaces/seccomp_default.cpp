// SPDX-License-Identifier: Apache-2.0
// The built-in profile, equal in effect to the one that the field's engines use by default: an allow list.
// What changes or reads the host as a whole is allowed only with the capability that the kernel itself asks
// for; making namespaces and new kernel entrances (io_uring, userfaultfd, keyrings) is not allowed at all.
#include "seccomp_profile.hpp"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>

#include <array>
#include <ranges>

namespace rt::namespaces {
namespace {

// Grouped by what they are for; a name that an architecture does not have is passed over there.
constexpr const char* kAlways[] = {
    // files and directories
    "access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat "
    "faccessat2 fadvise64 "
    "fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 "
    "fdatasync flock fstat "
    "fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 "
    "ioctl lchown "
    "lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat newfstatat open openat "
    "openat2 pread64 "
    "preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename renameat "
    "renameat2 rmdir "
    "sendfile sendfile64 splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range "
    "syncfs tee truncate "
    "truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev "
    "cachestat",
    "name_to_handle_at fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch listmount "
    "statmount",
    "fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat "
    "llistxattr lremovexattr "
    "lsetxattr removexattr removexattrat setxattr setxattrat",
    // memory
    "brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap "
    "mmap2 mprotect "
    "mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease "
    "remap_file_pages",
    // processes, identities, limits
    "capget capset execve execveat exit exit_group fork getegid getegid32 geteuid geteuid32 getgid getgid32 "
    "getgroups "
    "getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid getresuid32 "
    "getrlimit getrusage "
    "getsid gettid getuid getuid32 ioprio_get ioprio_set kill pause pidfd_open pidfd_send_signal prctl "
    "prlimit64 rseq seccomp "
    "setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setpgid setpriority "
    "setregid setregid32 "
    "setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setuid setuid32 "
    "set_tid_address "
    "sysinfo times tgkill tkill ugetrlimit uname vfork wait4 waitid waitpid landlock_add_rule "
    "landlock_create_ruleset "
    "landlock_restrict_self getcpu getrandom restart_syscall riscv_hwprobe uretprobe",
    // tracing one's own: safe since Linux 4.8, which this driver's minimum is beyond
    "process_vm_readv process_vm_writev ptrace",
    // scheduling, threads
    "futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area "
    "sched_getaffinity "
    "sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler "
    "sched_rr_get_interval "
    "sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler "
    "sched_yield "
    "set_robust_list set_thread_area",
    // signals
    "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait "
    "rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn",
    // time (setting it is refused by the kernel without CAP_SYS_TIME)
    "adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime "
    "clock_gettime64 "
    "clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create "
    "timer_delete "
    "timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create "
    "timerfd_gettime "
    "timerfd_gettime64 timerfd_settime timerfd_settime64",
    // waiting
    "epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old "
    "eventfd eventfd2 "
    "io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit _newselect pipe "
    "pipe2 poll ppoll "
    "ppoll_time64 pselect6 pselect6_time64 select",
    // sockets (socket itself has conditions) and System V and POSIX communication
    "accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg "
    "recvmmsg_time64 recvmsg send "
    "sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair",
    "ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend "
    "mq_timedsend_time64 mq_unlink "
    "msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget",
};

[[maybe_unused]] constexpr const char* kOnX86 = "arch_prctl modify_ldt";
[[maybe_unused]] constexpr const char* kOnArm =
    "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls";

struct Privileged {
    int capability;
    const char* names;
};
constexpr std::array<Privileged, 14> kPrivileged{{
    {CAP_DAC_READ_SEARCH, "open_by_handle_at"},
    {CAP_SYS_ADMIN,
     "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr "
     "lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl "
     "quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare"},
    {CAP_SYS_BOOT, "reboot"},
    {CAP_SYS_CHROOT, "chroot"},
    {CAP_SYS_MODULE, "delete_module init_module finit_module"},
    {CAP_SYS_PACCT, "acct"},
    {CAP_SYS_PTRACE, "kcmp pidfd_getfd process_madvise"},
    {CAP_SYS_RAWIO, "iopl ioperm"},
    {CAP_SYS_TIME, "settimeofday stime clock_settime clock_settime64"},
    {CAP_SYS_TTY_CONFIG, "vhangup"},
    {CAP_SYS_NICE, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
    {CAP_SYSLOG, "syslog"},
    {CAP_BPF, "bpf"},
    {CAP_PERFMON, "perf_event_open"},
}};

constexpr std::uint64_t kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint32_t kAlgorithmSockets = 38, kVmSockets = 40; // AF_ALG, AF_VSOCK

void allow(SeccompProfile& profile, std::string_view names) {
    for (const auto word : std::views::split(names, ' '))
        if (!word.empty())
            profile.rules.push_back({std::string(word.begin(), word.end()), SECCOMP_RET_ALLOW, {}});
}

// The first argument, which the kernel takes as an int: what a caller puts into the other half of the
// register must make no difference here either.
void allow_if_int(SeccompProfile& profile, const char* name, scmp_compare compare, std::uint32_t value) {
    profile.rules.push_back({name, SECCOMP_RET_ALLOW, {{0, compare, value, 0, true}}});
}

void allow_if(SeccompProfile& profile, const char* name, SeccompCondition condition) {
    profile.rules.push_back({name, SECCOMP_RET_ALLOW, {condition}});
}

} // namespace

std::uint64_t capabilities_of_default_profile() {
    std::uint64_t set = 0;
    for (const auto& one : kPrivileged) set |= 1ULL << one.capability;
    return set;
}

SeccompProfile default_seccomp_profile(std::uint64_t capabilities) {
    SeccompProfile profile;
    profile.default_action = SECCOMP_RET_ERRNO | EPERM;
    profile.architectures = runnable_architectures();
    for (const char* names : kAlways) allow(profile, names);
#if defined(__x86_64__)
    allow(profile, kOnX86);
#elif defined(__aarch64__)
    allow(profile, kOnArm);
#endif
    // Sockets into the kernel's crypto code and between virtual machines are not a container's business.
    allow_if_int(profile, "socket", SCMP_CMP_LT, kAlgorithmSockets);
    allow_if_int(profile, "socket", SCMP_CMP_EQ, kAlgorithmSockets + 1);
    allow_if_int(profile, "socket", SCMP_CMP_GT, kVmSockets);
    // Linux and Linux for 32 bits, each also with the version number of UNAME26, and the question for the
    // present one.
    for (const std::uint32_t persona : {0x0U, 0x8U, 0x20000U, 0x20008U, 0xffffffffU})
        allow_if_int(profile, "personality", SCMP_CMP_EQ, persona);
    for (const auto& [capability, names] : kPrivileged)
        if ((capabilities >> capability & 1) != 0) allow(profile, names);
    if ((capabilities >> CAP_SYS_ADMIN & 1) == 0) {
        allow_if(profile, "clone", {0, SCMP_CMP_MASKED_EQ, kNamespaceFlags, 0});
        // Its flags lie in memory, where a filter cannot look; ENOSYS makes libraries use clone.
        profile.rules.push_back({"clone3", SECCOMP_RET_ERRNO | ENOSYS, {}});
    }
    return profile;
}

} // namespace rt::namespaces
