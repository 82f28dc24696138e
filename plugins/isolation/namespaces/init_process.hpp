// SPDX-License-Identifier: Apache-2.0
// The container's first process between clone and exec: it builds its own root file system and view of the
// kernel, says "ready", waits for "go" and runs the program. One table of steps.
#pragma once

#include "cgroup.hpp"
#include "mounts.hpp"
#include "process_setup.hpp"

namespace rt::namespaces {

struct InitSetup : ProcessSetup {
    Config config; // without process, which ProcessSetup has
    std::string root_path;
    std::vector<sdk::Mount> rootfs;
    PreparedMounts prepared_rootfs, prepared_mounts; // with a user namespace only
    bool cgroups_come_later = false; // the entrances are opened by the process, when the host says so
    std::vector<Cgroup::Directory> cgroups;
    std::vector<std::pair<UniqueFd, int>> joined; // existing namespaces and their CLONE_NEW* flags
    bool network_made_ahead = false;              // the new network namespace is among them, loopback is up
    UniqueFd root;
};

[[noreturn]] void run_init(InitSetup& setup);

} // namespace rt::namespaces
