// SPDX-License-Identifier: Apache-2.0
// An image out of the tar of a root file system. The tar becomes the image's one layer as it is, compressed
// or not.
#include "core/base/clock.hpp"
#include "core/base/json.hpp"
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

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace rt {
namespace {

Result<std::string> make_config(const ImportOptions& options, const Platform& platform, const Path& source,
                                const std::string& diff_id) {
    Json config = Json::object();
    for (const std::string& change : options.changes) RT_TRY(apply_change(config, change));
    const std::string created = rfc3339(now_ns());
    const std::string comment =
        options.message.empty() ? cat("Imported from ", source.native()) : options.message;
    Json document = {{"created", created},
                     {"architecture", platform.architecture},
                     {"os", platform.os},
                     {"config", std::move(config)},
                     {"rootfs", {{"type", "layers"}, {"diff_ids", {diff_id}}}},
                     {"history", {{{"created", created}, {"comment", comment}}}}};
    if (!platform.variant.empty()) document["variant"] = platform.variant;
    try {
        return document.dump();
    } catch (const Json::exception&) {
        return fail(Code::invalid_argument, "a change or the message is not valid UTF-8");
    }
}

} // namespace

Result<Image> ImageService::import(const ArchiveSource& source, const ImportOptions& options,
                                   const ImageProgressSink& progress, const Operation& operation) {
    RT_TRY_ASSIGN(const auto names, names_to_give(options.name));
    RT_TRY_ASSIGN(const Platform platform, parse_platform(options.platform));
    RT_TRY(make_config(options, platform, source.path, {})); // what is wrong with it is said before the work
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const auto storage, drivers_.storage(options.storage));
    UniqueFd file;
    if (source.is_file()) {
        RT_TRY_ASSIGN(file, open_file(source.path, O_RDONLY));
    }
    const auto work = [&]() -> Result<Image> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock(progress, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        ImageIntake intake(database_, *module, store, *storage, progress, operation);
        RT_TRY_ASSIGN(const IntakeLayer layer, intake.take_stream(file ? file.get() : source.fd));
        RT_TRY_ASSIGN(const std::string config_json,
                      make_config(options, platform, source.path, layer.diff_id));
        const BlobDescriptor config{"application/vnd.oci.image.config.v1+json", module->sha256(config_json),
                                    config_json.size()};
        intake.on_record([&](const Image& image) -> Result<void> {
            RT_TRY(note_image_event(database_, image, "import", image.id));
            for (const std::string& name : names)
                RT_TRY(note_image_event(database_, image, "tag", familiar_name(name)));
            return {};
        });
        return intake.record(config_json, make_manifest(config, {layer.blob}), {layer}, names, {});
    };
    auto image = work();
    if (image)
        tidy(progress, operation);
    else
        (void)collect_garbage(operation); // the failure itself is what counts
    if (!image) return in_context(std::move(image).error(), "import ", source.text());
    return image;
}

} // namespace rt
