// SPDX-License-Identifier: Apache-2.0
// The /dev/shm of a container that shares its IPC namespace (--ipc shareable): a file system of its own in
// the run directory, from where those that join it have it too. What is in it goes with its last user. One
// thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <cstdint>

namespace rt {

Path shared_memory_in(const Path& run_directory);

// size: bytes; 0: docker's default, 64 MiB. What an interrupted start has left is replaced.
Result<void> mount_shared_memory(const Path& run_directory, std::int64_t size);

// Those that have joined keep it. Repeatable: OK where there is none.
Result<void> unmount_shared_memory(const Path& run_directory);

} // namespace rt
