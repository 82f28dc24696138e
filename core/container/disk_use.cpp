// SPDX-License-Identifier: Apache-2.0
#include "core/container/disk_use.hpp"

namespace rt {

Result<DiskUse> disk_use(Engine& engine, const Container& container) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const auto storage, engine.drivers().storage(container.storage));
    auto own = storage->usage(Engine::new_operation(), Engine::snapshot_of(container.id));
    if (!own) return in_context(std::move(own).error(), "count the size of container '", container.name, "'");
    const auto image = state->images.find(container.image_id);
    const std::int64_t below = image ? image->size : 0;
    return DiskUse{own->bytes, own->bytes + static_cast<std::uint64_t>(below)};
}

} // namespace rt
