// SPDX-License-Identifier: Apache-2.0
// A change of the networks of a running container: connect, disconnect, another name. It has steps in the
// database, in the kernel and among the names of its networks; while it is under way a file in the run
// directory says so. Whoever finds that without anybody who holds the container's lock has found what a
// killed process left, and settles it (running_networks.hpp). One thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rt {

inline constexpr const char* kNetworkChangeName = "network-change"; // in the run directory

Result<void> begin_network_change(const Path& run_directory); // repeatable
Result<void> end_network_change(const Path& run_directory);   // repeatable
bool has_network_change(const Path& run_directory);

} // namespace rt
