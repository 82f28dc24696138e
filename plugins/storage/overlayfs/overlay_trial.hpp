// SPDX-License-Identifier: Apache-2.0
// Can overlayfs work here? Asks the kernel itself: it mounts a small overlay on the state directory's file
// system, attached nowhere, and looks at what a deletion and a new directory leave in the upper directory. No
// trace stays.
#pragma once

#include "overlay_driver.hpp"

namespace rt::storage {

// unsupported or permission_denied, with the reason and an alternative, if it cannot.
sdk::Result<void> try_overlay(const SnapshotStore& store, const OverlayKernel& kernel);

} // namespace rt::storage
