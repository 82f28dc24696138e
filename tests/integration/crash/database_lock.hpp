// SPDX-License-Identifier: Apache-2.0
// Another process that writes to the database, just when one that is traced wants to. With a write-ahead log
// the one writer has a lock on one byte of the file "rt.db-shm" (SQLite, "WAL-mode File Format").
#pragma once

#include "effects.hpp"

#include <sys/types.h>

#include <filesystem>

namespace rt::test {

// The call that a stopped process is about to make asks for the right to write.
bool takes_write_lock(pid_t pid, const Call& call);

// The database that such a call is about.
std::filesystem::path database_of(pid_t pid, const Call& call);

class DatabaseLock {
public:
    DatabaseLock() = default;
    DatabaseLock(const DatabaseLock&) = delete;
    DatabaseLock& operator=(const DatabaseLock&) = delete;
    ~DatabaseLock(); // waits for its end

    // Returns once the lock is held, which it is for a moment more. False: another has it.
    bool take(const std::filesystem::path& database);
    // For who waits for any child: this one has ended.
    void note_end(pid_t pid);

private:
    pid_t holder_ = 0;
};

} // namespace rt::test
