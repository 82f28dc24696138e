// SPDX-License-Identifier: Apache-2.0
// Clones a process into namespaces and a cgroup, and speaks with it until it has executed the user's program.
// The host is single-threaded; while a process is cloned the host is not dumpable, so that nobody in a
// container can look into the copy.
#pragma once

#include "cgroup.hpp"
#include "channel.hpp"

#include <functional>

namespace rt::namespaces {

struct SpawnRequest {
    std::uint64_t flags = 0;     // CLONE_NEW*
    int cgroup = -1;             // v2 directory to be born in, or -1
    int pid_namespace = -1;      // an existing one to be born in, or -1
    std::function<void()> child; // must not return
};

struct Spawned {
    int pid = 0;
    UniqueFd pidfd;
};

Result<Spawned> spawn(const SpawnRequest& request);

// Kills and reaps; for a process that nobody else knows of yet.
void kill_and_reap(const Spawned& process);

// The host's side of the talk with a process that is being set up.
struct Talk {
    int channel;
    Warn warn;                           // takes its warnings
    std::function<Result<void>()> check; // asked now and then; its failure ends the wait
};

// Waits for "ready". The terminal's master, if one comes, goes to terminal.
Result<void> await_ready(const Talk& talk, UniqueFd& terminal);

// Says "go" and waits until the program is executed.
Result<void> let_go(const Talk& talk, const std::string& program);

} // namespace rt::namespaces
