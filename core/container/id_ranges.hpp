// SPDX-License-Identifier: Apache-2.0
// Which ids of the host a container with a user namespace of its own gets: one range out of a pool, always of
// the same size and beginning at a multiple of it, so that ranges never overlap, and a container that goes
// leaves a hole that fits the next. Any thread.
//
// The range is part of the container's record: its files keep their owners from one start to the next. Files
// of image layers are not changed for it; the isolation driver mounts them with ids mapped.
#pragma once

#include "core/base/error.hpp"
#include "core/config/id_pool.hpp"
#include "core/state/database.hpp"

#include <string>
#include <vector>

namespace rt {

// The lowest range of the pool that none of used has. resource_exhausted: there is none left.
Result<IdRange> choose_id_range(const IdRange& pool, const std::vector<IdRange>& used);

// In a transaction of the caller's, for a container that is added in it. The range goes with its record.
Result<IdRange> take_id_range(Database& database, const IdRange& pool, const std::string& container_id);
// count 0: it has none.
Result<IdRange> id_range_of(Database& database, const std::string& container_id);

} // namespace rt
