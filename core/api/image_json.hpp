// SPDX-License-Identifier: Apache-2.0
// Docker's answers about images (Engine API v1.50), made of the engine's types. Pure; any thread.
#pragma once

#include "core/api/image_view.hpp"

#include <cstdint>

namespace rt::api {

// GET /images/{name}/json: ImageInspect.
Json image_json(const ImageView& view);

// One entry of GET /images/json: ImageSummary. containers: how many use it; -1: not counted.
Json image_summary_json(const ImageView& view, std::int64_t containers);

// The date in an image's config (ns); 0 where there is none that can be read.
std::int64_t created_at(const Json& document);

} // namespace rt::api
