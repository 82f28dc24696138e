// SPDX-License-Identifier: Apache-2.0
// A further process of a running container between clone and exec: it is born in the container's pid
// namespace as a child of the host's process (so that the host can wait for it), enters the cgroups and joins
// the other namespaces by itself.
#pragma once

#include "process_setup.hpp"

namespace rt::namespaces {

struct ExecSetup : ProcessSetup {
    int target = -1;         // pidfd of the container's first process
    int namespace_flags = 0; // CLONE_NEW* to join
};

[[noreturn]] void run_exec(ExecSetup& setup);

} // namespace rt::namespaces
