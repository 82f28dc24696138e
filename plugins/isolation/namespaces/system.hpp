// SPDX-License-Identifier: Apache-2.0
// The system calls that glibc 2.36 does not wrap, and small helpers around files. Stateless; safe on any
// thread and in a forked child of a single-threaded process.
#pragma once

#include <rt/sdk/error.hpp>
#include <rt/sdk/unique_fd.hpp>

#include <linux/openat2.h>
#include <linux/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace rt::namespaces {

using sdk::cat;
using sdk::Code;
using sdk::Error;
using sdk::fail;
using sdk::fail_errno;
using sdk::in_context;
using sdk::Result;
using sdk::UniqueFd;

// clone3(2)'s argument; linux/sched.h cannot be included together with sched.h everywhere.
struct CloneArguments {
    __aligned_u64 flags = 0, pidfd = 0, child_tid = 0, parent_tid = 0, exit_signal = 0, stack = 0,
                  stack_size = 0;
    __aligned_u64 tls = 0, set_tid = 0, set_tid_size = 0, cgroup = 0;
};

inline constexpr std::uint64_t kCloneIntoCgroup = 0x200000000ULL;

// Returns 0 in the child, its pid in the parent, -1 with errno set.
inline int clone3(const CloneArguments& arguments) {
    return static_cast<int>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

// sys/pidfd.h of glibc 2.36 cannot be used from C++: its functions have no C linkage there.
inline int pidfd_open(int pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}
inline int pidfd_send_signal(int pidfd, int number) {
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0));
}

// Opens a path relative to directory with the given RESOLVE_* rules. Retries what a concurrent rename made
// ambiguous.
inline int openat2(int directory, const char* path, std::uint64_t flags, std::uint64_t resolve,
                   std::uint64_t mode = 0) {
    open_how how{};
    how.flags = flags;
    how.mode = mode;
    how.resolve = resolve;
    for (int attempt = 0;; ++attempt) {
        const long fd = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || attempt == 128) return static_cast<int>(fd);
    }
}

// Reads a whole file of at most limit bytes; a longer one fails with EFBIG.
Result<std::string> read_whole(int directory, const char* path, std::size_t limit);
Result<std::string> read_all(int fd, std::string_view name, std::size_t limit);

// One write() of text into an existing file, as the kernel's control files want it. name: for the error.
Result<void> write_control(int directory, const char* path, std::string_view text, std::string_view name);

// Of the monotonic clock.
std::int64_t now_ms();

// Compares against a file system's magic number (statfs.f_type).
bool has_file_system_type(int fd, std::int64_t magic);

} // namespace rt::namespaces
