// SPDX-License-Identifier: Apache-2.0
// A snapshotter. A snapshot is *active* (writable) until it is *committed* (immutable, can be a parent of
// others).
//
//   an image layer:  prepare(L, parents) -> mounts(L) -> files are written -> commit(L)
//   a container:     prepare(C, [top .. base]) -> mounts(C, [top .. base]) -> it runs -> remove(C)
//
// The driver returns mounts as data and mounts nothing. The core owns ids, parents and reference counts, and
// hands the parents (nearest first) to every call that needs them. commit and remove are repeatable.
// Contract: <rtp/storage.h>.
#pragma once

#include "core/interfaces/driver.hpp"

#include <rtp/storage.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rt {

// unsynced: read-write, and nothing of it need outlive a crash of the host. A driver that does not know that
// is asked for read_write.
enum class MountMode : std::int32_t {
    read_write = RTP_MOUNT_READ_WRITE,
    read_only = RTP_MOUNT_READ_ONLY,
    unsynced = RTP_MOUNT_UNSYNCED
};
enum class SnapshotState : std::int32_t { active = RTP_SNAPSHOT_ACTIVE, committed = RTP_SNAPSHOT_COMMITTED };

struct Snapshot {
    std::string id;
    SnapshotState state;
};

struct SnapshotUsage {
    std::uint64_t bytes = 0;
    std::uint64_t inodes = 0;
};

class StorageDriver : public Driver {
public:
    using Parents = std::vector<std::string>; // the nearest first

    // Layers may be unpacked side by side, in overlayfs's on-disk form, before their parents are known.
    [[nodiscard]] virtual bool takes_overlay_layers() const = 0;

    virtual Result<void> prepare(const Operation&, const std::string& id, const Parents& parents) = 0;
    virtual Result<std::vector<Mount>> mounts(const Operation&, const std::string& id, const Parents& parents,
                                              MountMode mode) = 0;
    virtual Result<void> commit(const Operation&, const std::string& id) = 0;
    virtual Result<void> remove(const Operation&, const std::string& id) = 0;
    virtual Result<std::vector<Snapshot>> list(const Operation&) = 0;

    // unsupported where the driver does not have "rt.storage.usage/1".
    virtual Result<SnapshotUsage> usage(const Operation&, const std::string& id) = 0;
};

} // namespace rt
