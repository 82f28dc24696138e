// SPDX-License-Identifier: Apache-2.0
// Puts mounts into the root file system that is being assembled. Runs in the container's first process, in
// its own mount namespace, before pivot_root; sources are the host's, targets are resolved below the root and
// never followed out of it.
#pragma once

#include "cgroup.hpp"
#include "mapped_mounts.hpp"
#include "oci_config.hpp"

#include <rt/sdk/host.hpp>

namespace rt::namespaces {

// Mounts that have to be made by the host's process, because a user namespace may not or because their ids
// are mapped: descriptors of detached mounts, index by index; empty ones are made by the first process
// itself. ids: of each mount, or none at all.
using PreparedMounts = std::vector<UniqueFd>;
Result<PreparedMounts> prepare_mounts(const std::vector<sdk::Mount>& mounts, const std::vector<MountIds>& ids,
                                      IdMappings& mappings);
bool maps_ids(const std::vector<sdk::Mount>& mounts);

// One mount at its target. source: as prepared, or empty.
Result<void> mount_one(int root, const sdk::Mount& mount, UniqueFd prepared,
                       const std::vector<Cgroup::Directory>& cgroups);

// /dev is a directory of the host (-v /dev:/dev): it is used as it is, nothing may be made in it.
bool binds_dev(const std::vector<sdk::Mount>& mounts);

// Hides a path: a directory under an empty read-only tmpfs, anything else under the host's null device.
// Nothing there: ok.
class PathMasker {
public:
    explicit PathMasker(int root) : root_(root) {}
    Result<void> mask(const std::string& path);
    Result<void> make_read_only(const std::string& path);

private:
    Result<void> cover(int target, int source, bool recursive, const std::string& path);
    int root_;
    UniqueFd null_, empty_;
};

} // namespace rt::namespaces
