// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/container/spec.hpp"
#include "core/interfaces/storage_driver.hpp"

namespace rt {

// How a container's own layer is written to. What goes with it need not outlive the host: its end, and each
// fsync in it, would wait until all of the host's file system is on the disk.
inline MountMode layer_mode(const ContainerSpec& spec) {
    return spec.auto_remove ? MountMode::unsynced : MountMode::read_write;
}

} // namespace rt
