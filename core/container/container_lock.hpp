// SPDX-License-Identifier: Apache-2.0
// A container under its lock: nobody else changes it meanwhile.
#pragma once

#include "core/base/lock_file.hpp"
#include "core/container/container_store.hpp"
#include "core/container/engine.hpp"

namespace rt {

struct LockedContainer {
    LockFile lock;
    Container container; // as it is now
};

// Waits until the lock is free. not_found: the container has gone meanwhile, and so has the lock's file.
Result<LockedContainer> lock_container(Engine& engine, const std::string& id);

} // namespace rt
