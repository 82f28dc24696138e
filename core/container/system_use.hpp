// SPDX-License-Identifier: Apache-2.0
// How much of the disk everything takes that is kept here: what `docker system df` tells.
#pragma once

#include "core/container/disk_use.hpp"
#include "core/container/listing.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rt {

struct ImageUse {
    Image image;
    std::int64_t shared = 0;     // bytes, in layers that other images have too
    std::int64_t containers = 0; // that are made of it
};

struct ContainerUse {
    ContainerSummary summary;
    std::optional<DiskUse> size; // empty: it has just gone, or its storage driver does not count
};

struct VolumeSize {
    Volume volume;
    std::optional<std::uint64_t> bytes; // empty: what it mounts is not here
    std::int64_t containers = 0;        // that have it
};

struct SystemUse {
    std::vector<ImageUse> images;
    std::vector<ContainerUse> containers;
    std::vector<VolumeSize> volumes;
    std::int64_t layers = 0;        // bytes of all layers that are unpacked, in whatever storage driver
    std::int64_t unused_layers = 0; // of those that no container's image has
    std::vector<Error> problems;    // what could not be cleaned up on the way
};

// Of each image that has layers in common with another, by id: bytes of those. A layer that several storage
// drivers have is one.
using BytesById = std::map<std::string, std::int64_t>;
Result<BytesById> shared_bytes(Database& database);

// Counted now: containers and volumes file by file.
Result<SystemUse> system_use(Engine& engine);

} // namespace rt
