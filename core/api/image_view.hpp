// SPDX-License-Identifier: Apache-2.0
// All that is known of one image, gathered in one place; image_json() makes docker's answer of it.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace rt::api {

struct ImageView {
    Image image;
    Json document;                     // its config, hostile
    std::vector<std::string> diff_ids; // the base first
    std::vector<std::string> digests;  // "docker.io/library/debian@sha256:...": where it came from
    std::string storage;               // the driver that new containers of it get
    Json manifest;                     // its descriptor; null where its blob is gone
};

Result<ImageView> look_at(Engine& engine, const Image& image);

// {mediaType, digest, size, platform} of the manifest that the image has here; null where its blob is gone.
Json manifest_descriptor(Engine& engine, const Image& image);

} // namespace rt::api
