// SPDX-License-Identifier: Apache-2.0
// A new image out of what a container has changed. The changes become a stored blob, which is unpacked like
// any other layer: a process that dies on the way leaves what a killed pull leaves.
#include "core/base/clock.hpp"
#include "core/base/json.hpp"
#include "core/base/time_text.hpp"
#include "core/config/wiring.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_changes.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_intake.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/manifest.hpp"
#include "core/image/reference.hpp"
#include "core/plugin/registry.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rt {
namespace {

// Of a container's Config, what means something in an image's.
Json config_for_image(const Json& container) {
    static constexpr std::array kKeys = {"User",       "ExposedPorts", "Env",        "Entrypoint",
                                         "Cmd",        "Volumes",      "WorkingDir", "Labels",
                                         "StopSignal", "Healthcheck",  "OnBuild",    "Shell"};
    Json config = Json::object();
    for (const char* const key : kKeys)
        if (const auto found = container.find(key);
            found != container.end() && !found->is_null() &&
            !(found->is_string() && found->get<std::string>().empty()))
            config[key] = *found;
    return config;
}

std::string command_of(const Json& config) {
    std::string text;
    if (const auto found = config.find("Cmd"); found != config.end() && found->is_array())
        for (const Json& word : *found)
            if (word.is_string()) text += cat(text.empty() ? "" : " ", word.get<std::string>());
    return text;
}

Result<Json> changed_config(const CommitOptions& options) {
    RT_TRY_ASSIGN(const Json container, parse_json(options.config, "the container's config"));
    if (!container.is_object())
        return fail(Code::invalid_argument, "the container's config is not a JSON object");
    Json config = config_for_image(container);
    for (const std::string& change : options.changes) RT_TRY(apply_change(config, change));
    return config;
}

Result<Json> base_document(const std::string& config_json) {
    Json document = Json::parse(config_json, nullptr, false);
    if (!document.is_object()) return fail(Code::corrupt, "the config of the container's image is no object");
    // What is told of the base and not of what comes out of it.
    for (const char* const key :
         {"container", "container_config", "docker_version", "id", "parent", "author"})
        document.erase(key);
    if (!document.contains("history") || !document["history"].is_array()) document["history"] = Json::array();
    return document;
}

} // namespace

Result<Image> ImageService::commit(const ChangesToArchive& changes, const CommitOptions& options,
                                   const Operation& operation) {
    RT_TRY_ASSIGN(const auto names, names_to_give(options.name));
    RT_TRY_ASSIGN(Json config, changed_config(options));
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const auto storage, drivers_.storage(options.storage));
    const auto work = [&]() -> Result<Image> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock({}, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        ImageStore images(database_);
        RT_TRY_ASSIGN(const Image base, images.find(options.base));
        RT_TRY_ASSIGN(Json document, base_document(base.config_json));
        RT_TRY_ASSIGN(const auto below, images.layers(base.id));
        std::vector<IntakeLayer> layers;
        for (const ImageLayer& layer : below) {
            std::error_code problem; // one that is not there is told by take()
            const auto size = std::filesystem::file_size(store.blob_path(layer.blob), problem);
            layers.push_back({{layer.media_type, layer.blob, problem ? 0 : size}, layer.diff_id, {}});
        }
        const std::string created = rfc3339(now_ns());
        Json step = {{"created", created}, {"created_by", command_of(config)}};
        if (!options.author.empty()) document["author"] = step["author"] = options.author;
        if (!options.message.empty()) step["comment"] = options.message;
        if (changes.changes.empty()) {
            step["empty_layer"] = true;
        } else {
            const Cancellation cancellation{&operation};
            RT_TRY_ASSIGN(const LayerBlob made, module->take_changes(store, changes, cancellation));
            layers.push_back({made.blob, made.diff_id, {}});
        }
        ImageIntake intake(database_, *module, store, *storage, {}, operation);
        RT_TRY(intake.take(layers, nullptr));
        Json diff_ids = Json::array();
        std::vector<BlobDescriptor> blobs;
        for (const IntakeLayer& layer : layers) {
            diff_ids.push_back(layer.diff_id);
            blobs.push_back(layer.blob);
        }
        document["created"] = created;
        document["config"] = config;
        document["rootfs"] = {{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
        document["history"].push_back(std::move(step));
        const std::string config_json = document.dump(-1, ' ', false, Json::error_handler_t::replace);
        const BlobDescriptor descriptor{"application/vnd.oci.image.config.v1+json",
                                        module->sha256(config_json), config_json.size()};
        intake.on_record([&](const Image& image) -> Result<void> {
            for (const std::string& name : names)
                RT_TRY(note_image_event(database_, image, "tag", familiar_name(name)));
            return options.on_record ? options.on_record(image) : Result<void>();
        });
        return intake.record(config_json, make_manifest(descriptor, blobs), layers, names, {});
    };
    auto image = work();
    (void)collect_garbage(operation); // of a failure, all that it has made
    return image;
}

} // namespace rt
