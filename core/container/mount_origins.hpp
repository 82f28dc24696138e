// SPDX-License-Identifier: Apache-2.0
// Who asked for the mounts of a container that no flag of its own names: volumes of the image and of other
// containers. For `inspect` and `explain`, never on the way of a start. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/origins.hpp"
#include "core/container/spec.hpp"

#include <string>
#include <vector>

namespace rt {

// mounts: resolved (mount_resolve.hpp). Of a container of --volumes-from that is no more it is not known any
// more which one a volume came from.
Result<void> note_mount_origins(Origins& origins, Engine::State& state, const ContainerSpec& spec,
                                const std::vector<MountSpec>& mounts, const std::string& image_config);

} // namespace rt
