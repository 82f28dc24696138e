// SPDX-License-Identifier: Apache-2.0
// Mounts that show files under other owners than the file system has (MOUNT_ATTR_IDMAP, Linux 5.12; layers
// of overlayfs: 5.19), so that a container with a user namespace uses image layers as they are. Made by the
// host's process, which has to be single-threaded, before the first process is cloned.
#pragma once

#include "mount_options.hpp"
#include "oci_config.hpp"

#include <rt/sdk/host.hpp>

#include <utility>
#include <vector>

namespace rt::namespaces {

class IdMappings {
public:
    explicit IdMappings(const Config& config) : config_(config) {}

    // A user namespace that stands for own, or where that is empty for the container's mapping; borrowed.
    // Nobody is in it. RTP_INVALID_ARGUMENT: neither is there.
    Result<int> find(const MountIds& own, const std::string& target);
    // The host's ids of the user and the group 0 in it.
    [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> root(const MountIds& own) const;
    [[nodiscard]] bool in_user_namespace() const;

private:
    [[nodiscard]] MountIds or_containers(const MountIds& own) const;

    const Config& config_;
    std::vector<std::pair<MountIds, UniqueFd>> made_;
};

// Maps the ids of a detached mount. RTP_UNSUPPORTED: its file system cannot.
Result<void> map_ids(int mount, int mapping, bool recursive, const std::string& what);

// An overlay whose layers are mapped; it is detached.
struct MappedOverlay {
    const sdk::Mount& mount;
    const MountOptions& options;
    int mapping;
    std::pair<std::uint32_t, std::uint32_t> root; // see IdMappings::root()
};
Result<UniqueFd> make_mapped_overlay(const MappedOverlay& overlay);

// The host's id of an id in the container; UINT32_MAX: it has none.
std::uint32_t host_id(const std::vector<IdMapping>& mappings, std::uint32_t id);

} // namespace rt::namespaces
