// SPDX-License-Identifier: Apache-2.0
// The JSON documents of images (OCI image specification 1.1, Docker v2 schema 2), checked as far as rt relies
// on them: what is not understood is left alone. Texts come from outside: every function gives corrupt with
// the place for what is not as it must be. Any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/image/image_module.hpp"
#include "core/image/platform.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rt {

struct ImageManifest {
    BlobDescriptor config;
    std::vector<BlobDescriptor> layers; // the base first
};

struct IndexEntry {
    BlobDescriptor manifest;
    Platform platform; // empty texts where the index does not say
    std::string name;  // of the image, where an annotation gives one
};

struct ImageConfig {
    Platform platform;
    std::vector<std::string> diff_ids; // the base first
};

// One image in a docker-archive's manifest.json; names of files in the archive.
struct ArchivedImage {
    std::string config;
    std::vector<std::string> names;
    std::vector<std::string> layers;
};

// Whether the document is an index (manifest list): its mediaType, else what the sender said, else its
// fields.
Result<bool> is_index(std::string_view text, std::string_view media_type, std::string_view what);
Result<std::vector<IndexEntry>> parse_index(std::string_view text, std::string_view what);
Result<ImageManifest> parse_manifest(std::string_view text, std::string_view what);
Result<ImageConfig> parse_image_config(std::string_view text, std::string_view what);
Result<std::vector<ArchivedImage>> parse_archive_manifest(std::string_view text, std::string_view what);

// The entry for a platform; not_found names those that there are.
Result<IndexEntry> choose(const std::vector<IndexEntry>& entries, const Platform& wanted,
                          std::string_view what);

// An OCI manifest for an image that came without one.
std::string make_manifest(const BlobDescriptor& config, const std::vector<BlobDescriptor>& layers);

} // namespace rt
