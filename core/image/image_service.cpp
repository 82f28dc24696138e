// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_service.hpp"

#include "core/config/wiring.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_intake.hpp"
#include "core/image/image_module.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/manifest.hpp"
#include "core/image/reference.hpp"
#include "core/plugin/registry.hpp"

#include <array>

namespace rt {
namespace {

struct Fetched {
    std::string digest; // of what the name stands for: an index or a manifest
    Manifest manifest;  // of the image
};

// The manifest for the platform, through indexes.
Result<Fetched> fetch_manifest(RemoteRepository& repository, const Reference& reference,
                               const Platform& platform, const Cancellation& cancellation) {
    constexpr int kMostIndexes = 3; // one in another
    const std::string what = cat("manifest of '", familiar_name(reference.name()), "'");
    RT_TRY_ASSIGN(
        Manifest document,
        repository.manifest(reference.digest.empty() ? reference.tag : reference.digest, cancellation));
    Fetched fetched{document.digest, {}};
    for (int depth = 0; depth <= kMostIndexes; ++depth) {
        RT_TRY_ASSIGN(const bool index, is_index(document.content, document.media_type, what));
        if (!index) {
            fetched.manifest = std::move(document);
            return fetched;
        }
        RT_TRY_ASSIGN(const auto entries, parse_index(document.content, what));
        RT_TRY_ASSIGN(const IndexEntry entry, choose(entries, platform, what));
        RT_TRY_ASSIGN(document, repository.manifest(entry.manifest.digest, cancellation));
    }
    return fail(Code::corrupt, what, ": indexes in indexes, more than ", kMostIndexes, " deep");
}

Result<std::vector<IntakeLayer>> layers_of(const ImageManifest& manifest, const ImageConfig& config,
                                           const std::string& what) {
    if (manifest.layers.size() != config.diff_ids.size())
        return fail(Code::corrupt, what, ": the manifest has ", manifest.layers.size(),
                    " layers, the config ", config.diff_ids.size());
    std::vector<IntakeLayer> layers;
    for (std::size_t i = 0; i < manifest.layers.size(); ++i)
        layers.push_back({manifest.layers[i], config.diff_ids[i], {}});
    return layers;
}

} // namespace

void note(const ImageProgressSink& progress, std::string text) {
    if (progress) progress({ImageProgress::Phase::note, {}, std::move(text)});
}

Result<IntakeLock> ImageService::intake_lock(const ImageProgressSink& progress, const Operation& operation) {
    const Cancellation cancellation{&operation};
    return IntakeLock::share(
        wiring_.root, {[&] { return cancellation.check(); },
                       [&] { note(progress, "waiting for another rtctl, which removes unused layers"); }});
}

// What was asked for is done: what could not be tidied is worth a note, and the next one tries again.
void ImageService::tidy(const ImageProgressSink& progress, const Operation& operation) {
    if (auto cleaned = collect_garbage(operation); !cleaned)
        note(progress,
             cat("warning: what is not needed any more could not be removed: ", cleaned.error().message));
}

Result<Image> ImageService::pull(const std::string& text, const PullOptions& options,
                                 const ImageProgressSink& progress, const Operation& operation) {
    RT_TRY_ASSIGN(const Reference reference, parse_reference(text));
    RT_TRY_ASSIGN(const Platform platform, parse_platform(options.platform));
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const auto storage, drivers_.storage(options.storage));
    const auto work = [&]() -> Result<Image> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock(progress, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        const std::string name = familiar_name(reference.name());
        Cancellation cancellation{&operation};
        RegistryCredentials credentials;
        if (options.credentials) {
            RT_TRY_ASSIGN(credentials, options.credentials(reference.host));
        }
        RT_TRY_ASSIGN(const auto repository,
                      module->open_repository(reference.host, reference.path, credentials));
        RT_TRY_ASSIGN(const Fetched fetched, fetch_manifest(*repository, reference, platform, cancellation));
        // Only now: what is said before an error is taken for the beginning of a success.
        note(progress, cat(reference.digest.empty() ? reference.tag : reference.digest, ": Pulling from ",
                           reference.path));
        const auto before = ImageStore(database_).find(reference.name());
        RT_TRY_ASSIGN(const ImageManifest manifest,
                      parse_manifest(fetched.manifest.content, cat("manifest of '", name, "'")));
        RT_TRY_ASSIGN(const std::string config_json, repository->small_blob(manifest.config, cancellation));
        RT_TRY_ASSIGN(const ImageConfig config,
                      parse_image_config(config_json, cat("config of '", name, "'")));
        if (platform_match(platform, config.platform) == 0)
            note(progress,
                 cat("warning: '", name, "' is for ", config.platform.text(), ", not for ", platform.text()));
        RT_TRY_ASSIGN(auto layers, layers_of(manifest, config, cat("'", name, "'")));
        ImageIntake intake(database_, *module, store, *storage, progress, operation);
        RT_TRY(intake.take(layers, repository.get()));
        intake.on_record([&](const Image& image) {
            return note_transfer_event(database_, image, "pull", name, familiar_name(reference.repository()));
        });
        RT_TRY_ASSIGN(Image recorded, intake.record(config_json, fetched.manifest.content, layers,
                                                    {reference.name()}, fetched.digest));
        note(progress, cat("Digest: ", fetched.digest));
        const bool is_new = !before || before->id != recorded.id;
        note(progress,
             cat("Status: ", is_new ? "Downloaded newer image for " : "Image is up to date for ", name));
        return recorded;
    };
    auto image = work();
    // What an image that had the name before, or a killed pull, left; and what this one did, unless the next
    // try can go on with it.
    if (image)
        tidy(progress, operation);
    else if (image.error().code == Code::corrupt || image.error().code == Code::resource_exhausted)
        (void)collect_garbage(operation); // the failure itself is what counts
    return image;
}

Result<std::vector<std::string>> ImageService::remote_tags(const std::string& text,
                                                           const CredentialSource& credentials,
                                                           const Operation& operation) {
    RT_TRY_ASSIGN(const Reference reference, parse_reference(text));
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const Cancellation cancellation{&operation};
    RegistryCredentials found;
    if (credentials) {
        RT_TRY_ASSIGN(found, credentials(reference.host));
    }
    RT_TRY_ASSIGN(const auto repository, module->open_repository(reference.host, reference.path, found));
    return repository->tags(cancellation);
}

Result<std::vector<std::string>> ImageService::unpacked(const std::string& image_id,
                                                        const std::string& storage,
                                                        const Operation& operation,
                                                        const ImageProgressSink& notes) {
    ImageStore images(database_);
    RT_TRY_ASSIGN(auto snapshots, images.snapshots(image_id, storage));
    if (snapshots) return std::move(*snapshots);
    RT_TRY_ASSIGN(const auto driver, drivers_.storage(storage));
    RT_TRY(ensure_unpacked(image_id, *driver, operation, notes));
    RT_TRY_ASSIGN(snapshots, images.snapshots(image_id, storage));
    if (snapshots) return std::move(*snapshots);
    return fail(Code::failed_precondition, "image '", image_id, "' was removed while it was to be used");
}

Result<void> ImageService::ensure_unpacked(const std::string& image_id, StorageDriver& storage,
                                           const Operation& operation, const ImageProgressSink& notes) {
    ImageStore images(database_);
    RT_TRY_ASSIGN(const auto snapshots, images.snapshots(image_id, storage.instance()));
    if (snapshots) return {};
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const ImageProgressSink only_notes = [&](const ImageProgress& progress) {
        if (notes && progress.phase == ImageProgress::Phase::note) notes(progress);
    };
    RT_TRY_ASSIGN(const IntakeLock lock, intake_lock(only_notes, operation));
    RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
    RT_TRY_ASSIGN(const auto known, images.layers(image_id));
    std::vector<IntakeLayer> layers;
    for (const ImageLayer& layer : known)
        layers.push_back({{layer.media_type, layer.blob, 0}, layer.diff_id, layer.chain_id});
    ImageIntake intake(database_, *module, store, storage, only_notes, operation);
    if (auto taken = intake.take(layers, nullptr); !taken)
        return in_context(std::move(taken).error(), "unpack the image '", image_id,
                          "' for the storage driver '", storage.instance(), "'");
    return {};
}

} // namespace rt
