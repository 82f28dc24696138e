// SPDX-License-Identifier: Apache-2.0
// Which images an archive holds: docker-archive (manifest.json) and OCI layout (index.json). Archives come
// from outside. One thread.
#pragma once

#include "core/image/content_store.hpp"
#include "core/image/image_intake.hpp"
#include "core/image/image_module.hpp"
#include "core/image/platform.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rt {

// The files of an archive by name, each of them a blob in the content store once it was asked for.
class ArchiveFiles {
public:
    virtual ~ArchiveFiles() = default;
    virtual Result<BlobDescriptor> get(const std::string& name) = 0; // not_found
};

// Everything about one image in an archive, ready to be taken in.
struct ArchiveImage {
    std::string config_json;
    std::string manifest; // empty: it has none
    std::vector<IntakeLayer> layers;
    std::vector<std::string> names;
    BlobDescriptor config;
};

// invalid_argument: it is no image archive; corrupt: it is not as it says. files and store are borrowed.
// platform: only images for this one; not_found: there are none, with those that there are.
Result<std::vector<ArchiveImage>> find_images(ArchiveFiles& files, const ContentStore& store,
                                              const std::optional<Platform>& platform = {});

} // namespace rt
