// SPDX-License-Identifier: Apache-2.0
// What is mounted in a container, of what its user, its image and other containers say. Reads only.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/spec.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rt {

// "CONTAINER[:ro|rw]". invalid_argument: no container, or another mode.
struct VolumesFrom {
    std::string container;
    bool read_only = false;
};
Result<VolumesFrom> parse_volumes_from(std::string_view text);

// Whether there is any volume, by what is asked for; a container that has none is not resolved.
bool has_volumes(const ContainerSpec& spec, const std::vector<std::string>& image_volumes);

// Later ones win over earlier ones: --volumes-from, -v and --mount; then, where nothing is mounted yet, -v
// /path and the volumes of the image. Volumes without a name have one afterwards.
Result<std::vector<MountSpec>> resolve_mounts(Engine::State& state, const ContainerSpec& spec,
                                              const std::vector<std::string>& image_volumes);

// Of a container that there is: its resolved mounts, or those of its spec.
Result<std::vector<MountSpec>> mounts_of(const Container& container, const ContainerSpec& spec);

} // namespace rt
