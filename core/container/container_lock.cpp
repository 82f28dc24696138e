// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_lock.hpp"

#include <unistd.h>

namespace rt {

Result<LockedContainer> lock_container(Engine& engine, const std::string& id) {
    const Path file = engine.lock_file(id);
    RT_TRY(make_directories(file.parent_path()));
    RT_TRY_ASSIGN(LockFile lock, LockFile::acquire(file));
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    auto container = state->containers.find(id);
    if (container) return LockedContainer{std::move(lock), std::move(*container)};
    // Whoever removed it took the file away; it is ours that stands there now.
    if (container.error().code == Code::not_found) ::unlink(file.c_str());
    return std::unexpected(std::move(container).error());
}

} // namespace rt
