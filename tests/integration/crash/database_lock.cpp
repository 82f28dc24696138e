// SPDX-License-Identifier: Apache-2.0
#include "database_lock.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace rt::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSharedSuffix = "-shm";
constexpr off_t kWriteLock = 120; // where in that file
constexpr useconds_t kMoment = 300'000;

fs::path file_of(pid_t pid, const Call& call) {
    std::error_code problem;
    return fs::read_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(call.arguments[0]),
                            problem);
}

// A process of its own: locks of one process do not exclude each other.
[[noreturn]] void hold(const fs::path& database, int told) {
    sqlite3* connection = nullptr;
    if (sqlite3_open_v2(database.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK ||
        sqlite3_exec(connection, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
        ::_exit(1);
    (void)!::write(told, "x", 1);
    ::usleep(kMoment);
    ::_exit(0); // and the lock is free
}

} // namespace

bool takes_write_lock(pid_t pid, const Call& call) {
    if (call.number != SYS_fcntl || call.arguments[1] != F_SETLK) return false;
    struct flock wanted{};
    const iovec here{&wanted, sizeof wanted};
    const iovec there{reinterpret_cast<void*>(call.arguments[2]), sizeof wanted};
    if (::process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof wanted) return false;
    return wanted.l_type == F_WRLCK && wanted.l_start == kWriteLock && wanted.l_len == 1 &&
           file_of(pid, call).native().ends_with(kSharedSuffix);
}

fs::path database_of(pid_t pid, const Call& call) {
    const std::string file = file_of(pid, call).native();
    return file.substr(0, file.size() - kSharedSuffix.size());
}

DatabaseLock::~DatabaseLock() {
    while (holder_ > 0 && ::waitpid(holder_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

bool DatabaseLock::take(const fs::path& database) {
    std::array<int, 2> told{};
    if (::pipe2(told.data(), O_CLOEXEC) != 0) return false;
    holder_ = ::fork();
    if (holder_ == 0) hold(database, told[1]);
    ::close(told[1]);
    char byte = 0;
    const bool held = TEMP_FAILURE_RETRY(::read(told[0], &byte, 1)) == 1;
    ::close(told[0]);
    return held;
}

void DatabaseLock::note_end(pid_t pid) {
    if (pid == holder_) holder_ = 0;
}

} // namespace rt::test
