// SPDX-License-Identifier: Apache-2.0
// What a local volume with options mounts on its data directory (a tmpfs, a directory of the host, nfs, ...).
// Whoever calls holds the volume's lock. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/volume/volume_store.hpp"

namespace rt {

// Its data directory shows something else than what is on the disk below it.
inline bool needs_mount(const Volume& volume) {
    return !volume.options.empty();
}
// What is written into it is gone when it is unmounted.
bool forgets(const Volume& volume);

// Whether anything is mounted on this very directory.
Result<bool> is_mount_point(const Path& directory);

// Mounts it, unless it is. True: it was not.
Result<bool> mount_volume(const Volume& volume, const Path& directory);
// Unmounts whatever is mounted there; who has files open in it keeps those.
Result<void> unmount_volume(const Path& directory);

} // namespace rt
