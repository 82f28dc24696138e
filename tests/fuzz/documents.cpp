// SPDX-License-Identifier: Apache-2.0
// Manifests, indexes and the configs of images, as a registry or an archive sends them.
#include "core/image/manifest.hpp"
#include "core/image/reference.hpp"
#include "fuzz/fuzz.hpp"

using namespace rt;

namespace {

void check(const BlobDescriptor& blob) {
    fuzz::must(is_digest(blob.digest), "what is taken for a digest is one");
}

void read_manifest(std::string_view text) {
    const auto manifest = parse_manifest(text, "it");
    if (!manifest) return;
    check(manifest->config);
    for (const BlobDescriptor& layer : manifest->layers) check(layer);
    const auto again = parse_manifest(make_manifest(manifest->config, manifest->layers), "its copy");
    fuzz::must(again && again->layers.size() == manifest->layers.size(),
               "a manifest that was written is read");
}

void read_index(std::string_view text) {
    const auto entries = parse_index(text, "it");
    if (!entries) return;
    for (const IndexEntry& entry : *entries) check(entry.manifest);
    (void)choose(*entries, host_platform(), "it");
}

void read_config(std::string_view text) {
    const auto config = parse_image_config(text, "it");
    if (!config) return;
    for (const std::string& id : config->diff_ids) fuzz::must(is_digest(id), "a diff id is a digest");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    (void)is_index(text, "", "it");
    read_manifest(text);
    read_index(text);
    read_config(text);
    (void)parse_archive_manifest(text, "it");
    return 0;
}
