// SPDX-License-Identifier: Apache-2.0
#include "effects.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rt::test {
namespace {

#define CALL(name)                                                                                           \
    std::pair<long, const char*> {                                                                           \
        SYS_##name, #name                                                                                    \
    }

// What others can see of a process: files, mounts, processes, messages, what it has entered.
constexpr std::array kEffects{CALL(bind),
                              CALL(bpf),
                              CALL(chmod),
                              CALL(chown),
                              CALL(clone),
                              CALL(clone3),
                              CALL(connect),
                              CALL(execve),
                              CALL(exit_group),
                              CALL(fallocate),
                              CALL(fchmod),
                              CALL(fchmodat),
                              CALL(fchown),
                              CALL(fchownat),
                              CALL(fdatasync),
                              CALL(flock),
                              CALL(fork),
                              CALL(fsconfig),
                              CALL(fsetxattr),
                              CALL(fsmount),
                              CALL(fsopen),
                              CALL(fsync),
                              CALL(ftruncate),
                              CALL(kill),
                              CALL(lchown),
                              CALL(link),
                              CALL(linkat),
                              CALL(listen),
                              CALL(lsetxattr),
                              CALL(mkdir),
                              CALL(mkdirat),
                              CALL(mknod),
                              CALL(mknodat),
                              CALL(mount),
                              CALL(mount_setattr),
                              CALL(move_mount),
                              CALL(open_tree),
                              CALL(pidfd_open),
                              CALL(pidfd_send_signal),
                              CALL(pivot_root),
                              CALL(pwrite64),
                              CALL(pwritev),
                              CALL(rename),
                              CALL(renameat),
                              CALL(renameat2),
                              CALL(rmdir),
                              CALL(seccomp),
                              CALL(sendmsg),
                              CALL(sendto),
                              CALL(sethostname),
                              CALL(setns),
                              CALL(setsid),
                              CALL(setxattr),
                              CALL(symlink),
                              CALL(symlinkat),
                              CALL(umount2),
                              CALL(unlink),
                              CALL(unlinkat),
                              CALL(unshare),
                              CALL(utimensat),
                              CALL(vfork),
                              CALL(write),
                              CALL(writev),
                              CALL(copy_file_range),
                              CALL(sendfile)};

constexpr std::array kGrowing{
    CALL(mkdir),     CALL(mkdirat),  CALL(write),     CALL(writev),    CALL(pwrite64),       CALL(pwritev),
    CALL(rename),    CALL(renameat), CALL(renameat2), CALL(link),      CALL(linkat),         CALL(symlink),
    CALL(symlinkat), CALL(mknod),    CALL(mknodat),   CALL(ftruncate), CALL(fallocate),      CALL(fsync),
    CALL(fdatasync), CALL(setxattr), CALL(lsetxattr), CALL(fsetxattr), CALL(copy_file_range)};

// To what their first argument is open for.
constexpr std::array kWrites{CALL(write), CALL(writev), CALL(pwrite64), CALL(pwritev)};

constexpr std::array kReads{CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(lseek)};

constexpr std::array kWithDescriptor{
    CALL(openat),        CALL(open),          CALL(openat2),   CALL(socket),         CALL(pipe2),
    CALL(epoll_create1), CALL(memfd_create),  CALL(accept4),   CALL(timerfd_create), CALL(eventfd2),
    CALL(signalfd4),     CALL(fsopen),        CALL(fsmount),   CALL(open_tree),      CALL(dup),
    CALL(pidfd_open),    CALL(inotify_init1), CALL(socketpair)};

// Messages as well: the kernel wants memory for what is on its way. Not setns: going back to a namespace that
// is held takes none.
constexpr std::array kWithMemory{CALL(sendmsg),    CALL(sendto),  CALL(clone),     CALL(clone3),
                                 CALL(fork),       CALL(vfork),   CALL(mount),     CALL(fsmount),
                                 CALL(move_mount), CALL(fsopen),  CALL(socket),    CALL(mkdir),
                                 CALL(mkdirat),    CALL(unshare), CALL(open_tree), CALL(execve)};

constexpr std::array kInterruptible{CALL(read),    CALL(write),      CALL(recvmsg),     CALL(recvfrom),
                                    CALL(sendmsg), CALL(poll),       CALL(ppoll),       CALL(wait4),
                                    CALL(waitid),  CALL(epoll_wait), CALL(epoll_pwait), CALL(flock),
                                    CALL(accept4), CALL(connect),    CALL(select),      CALL(pselect6)};

#undef CALL

template <class Table>
bool has(const Table& table, long number) {
    return std::ranges::find(table, number, [](const auto& entry) { return entry.first; }) != table.end();
}

bool creates_a_file(const Call& call) {
    return (call.number == SYS_openat && (call.arguments[2] & O_CREAT) != 0) ||
           (call.number == SYS_open && (call.arguments[1] & O_CREAT) != 0) || call.number == SYS_creat;
}

} // namespace

bool is_point(Strike strike, const Call& call) {
    switch (strike) {
    case Strike::kill: return has(kEffects, call.number) || creates_a_file(call);
    case Strike::no_space: return has(kGrowing, call.number) || creates_a_file(call);
    case Strike::no_descriptor: return has(kWithDescriptor, call.number);
    case Strike::no_memory: return has(kWithMemory, call.number);
    case Strike::locked: break; // what is asked for says it, not which call it is: database_lock.hpp
    }
    return false;
}

bool is_write(const Call& call) {
    return has(kWrites, call.number);
}

bool WritesInARow::continues(const Call& call, const std::string& file) {
    constexpr int kPoints = 2;
    if (has(kReads, call.number)) return false;
    count_ = file.starts_with('/') && file == file_ ? count_ + 1 : 1;
    file_ = file;
    return count_ > kPoints;
}

bool is_interruptible(const Call& call, const std::string& file) {
    const auto has_flag = [&](std::size_t argument, std::uint64_t flag) {
        return (call.arguments[argument] & flag) != 0;
    };
    if (call.number == SYS_flock && has_flag(1, LOCK_NB)) return false;
    if ((call.number == SYS_recvmsg || call.number == SYS_sendmsg) && has_flag(2, MSG_DONTWAIT)) return false;
    if (call.number == SYS_recvfrom && has_flag(3, MSG_DONTWAIT)) return false;
    if (call.number == SYS_poll && call.arguments[2] == 0) return false; // does not wait
    if (call.number == SYS_epoll_wait && call.arguments[3] == 0) return false;
    if (call.number == SYS_read || call.number == SYS_write) return !file.starts_with('/');
    return has(kInterruptible, call.number);
}

std::string name_of_call(long number) {
    const auto in = [&](const auto& table) -> const char* {
        for (const auto& entry : table)
            if (entry.first == number) return entry.second;
        return nullptr;
    };
    for (const char* name : {in(kEffects), in(kWithDescriptor), in(kWithMemory), in(kInterruptible)})
        if (name != nullptr) return name;
    return "system call " + std::to_string(number);
}

} // namespace rt::test
