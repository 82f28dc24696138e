// SPDX-License-Identifier: Apache-2.0
#include "core/container/inspect.hpp"

#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

Json member(const Json& config, const char* key, Json otherwise) {
    const auto found = config.find(key);
    return found != config.end() && found->type() == otherwise.type() ? *found : otherwise;
}

Json names_of(const Image& image, bool digests) {
    Json names = Json::array();
    for (const std::string& name : image.names)
        if (const auto reference = parse_reference(name); reference && reference->digest.empty() != digests)
            names.push_back(digests ? cat(familiar_name(reference->repository()), "@", reference->digest)
                                    : cat(familiar_name(reference->repository()), ":", reference->tag));
    return names;
}

} // namespace

Result<Json> inspect_image(Engine& engine, const Image& image) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Json config, parse_json(image.config_json, cat("config of image '", image.id, "'")));
    RT_TRY_ASSIGN(const auto layers, state->images.layers(image.id));
    Json diff_ids = Json::array();
    for (const ImageLayer& layer : layers) diff_ids.push_back(layer.diff_id);
    return Json{{"Id", image.id},
                {"RepoTags", names_of(image, false)},
                {"RepoDigests", names_of(image, true)},
                {"Created", member(config, "created", "")},
                {"Author", member(config, "author", "")},
                {"Architecture", member(config, "architecture", "")},
                {"Variant", member(config, "variant", "")},
                {"Os", member(config, "os", "")},
                {"Size", image.size},
                {"Config", member(config, "config", Json::object())},
                {"RootFS", {{"Type", "layers"}, {"Layers", diff_ids}}},
                {"Descriptor", {{"digest", image.manifest}}}};
}

} // namespace rt
