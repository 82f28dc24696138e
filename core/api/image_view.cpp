// SPDX-License-Identifier: Apache-2.0
#include "core/api/image_view.hpp"

#include "core/api/parts.hpp"
#include "core/image/content_store.hpp"

namespace rt::api {
namespace {

constexpr std::size_t kLargestManifest = 4U << 20U;
constexpr const char* kOciManifest = "application/vnd.oci.image.manifest.v1+json";

} // namespace

Json manifest_descriptor(Engine& engine, const Image& image) {
    const auto store = ContentStore::open(engine.wiring().root);
    const auto text = store ? store->read(image.manifest, kLargestManifest) : std::unexpected(store.error());
    if (!text) return {};
    const Json manifest = Json::parse(*text, nullptr, false);
    const Json config = Json::parse(image.config_json, nullptr, false);
    return {{"mediaType", member_or(manifest, "mediaType", kOciManifest)},
            {"digest", image.manifest},
            {"size", text->size()},
            {"platform",
             {{"architecture", member_or(config, "architecture", "")}, {"os", member_or(config, "os", "")}}}};
}

Result<ImageView> look_at(Engine& engine, const Image& image) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    ImageView view;
    view.image = image;
    RT_TRY_ASSIGN(view.document, parse_json(image.config_json, cat("config of image '", image.id, "'")));
    RT_TRY_ASSIGN(const auto layers, state->images.layers(image.id));
    for (const ImageLayer& layer : layers) view.diff_ids.push_back(layer.diff_id);
    RT_TRY_ASSIGN(view.digests, state->images.digests(image.id));
    view.storage = engine.wiring().storage.default_instance;
    view.manifest = manifest_descriptor(engine, image);
    return view;
}

} // namespace rt::api
