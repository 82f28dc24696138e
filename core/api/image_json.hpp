// SPDX-License-Identifier: Apache-2.0
// Docker's answers about images (Engine API v1.50), made of the engine's types. Pure; any thread.
#pragma once

#include "core/api/image_view.hpp"

#include <cstdint>

namespace rt::api {

// GET /images/{name}/json: ImageInspect.
Json image_json(const ImageView& view);

// -1, in docker's words: not counted.
struct ImageCounts {
    std::int64_t containers = -1; // that use it
    std::int64_t shared = -1;     // bytes, in layers that other images have too
};
// One entry of GET /images/json: ImageSummary.
Json image_summary_json(const ImageView& view, const ImageCounts& counts = {});

// The date in an image's config (ns); 0 where there is none that can be read.
std::int64_t created_at(const Json& document);

} // namespace rt::api
