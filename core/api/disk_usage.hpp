// SPDX-License-Identifier: Apache-2.0
// Docker's answer about the disk (Engine API v1.50), made of the engine's types. Any thread.
#pragma once

#include "core/api/image_view.hpp"
#include "core/container/system_use.hpp"

#include <vector>

namespace rt::api {

struct DiskView {
    SystemUse use;
    std::vector<ImageView> images; // those of use, in its order
    Path volumes;                  // the directory that has those of the driver "local"
};

Result<DiskView> look_at_disk(Engine& engine);

// GET /system/df: SystemDataUsageResponse. There is no cache of builds. Pure.
Json disk_usage_json(const DiskView& view);

} // namespace rt::api
