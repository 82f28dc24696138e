// SPDX-License-Identifier: Apache-2.0
// Mounts of this mount namespace that show snapshots of a store. Stateless.
#pragma once

#include "snapshot_store.hpp"

#include <string>
#include <vector>

namespace rt::storage {

struct SnapshotMount {
    std::string point;    // where it is mounted
    std::string snapshot; // the id of the topmost one that it shows
    std::string number;   // the kernel's id of the mount, decimal
};

// Overlays of the store's directories, and binds of one of them.
sdk::Result<std::vector<SnapshotMount>> mounts_of(const SnapshotStore& store);

} // namespace rt::storage
