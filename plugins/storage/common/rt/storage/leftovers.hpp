// SPDX-License-Identifier: Apache-2.0
// "rt.leftovers/1" of a driver that keeps a SnapshotStore: removed snapshots and trials whose remover was
// killed, names of layers that are gone, and mounts of snapshots that nobody knows. Snapshots themselves are
// the host's to compare: it has list() and remove(). Stateless.
#pragma once

#include "snapshot_store.hpp"

#include <string>
#include <string_view>

namespace rt::storage {

// Kinds: "removed-snapshot", "trial", "short-name", "mount".
sdk::Result<std::string> find_leftovers(const SnapshotStore& store, sdk::Call call, std::string_view known);
sdk::Result<void> remove_leftover(const SnapshotStore& store, sdk::Call call, std::string_view known,
                                  std::string_view leftover);

} // namespace rt::storage
