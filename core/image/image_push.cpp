// SPDX-License-Identifier: Apache-2.0
// Images on their way to a registry: blobs first, several at once, then the config, then the manifest under
// its name. A registry shows an image only when its manifest is there.
#include "core/base/id.hpp"
#include "core/config/wiring.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/outgoing_image.hpp"
#include "core/image/reference.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace rt {
namespace {

using Phase = ImageProgress::Phase;

constexpr std::size_t kUploads = 3;    // at once
constexpr std::size_t kMostMounts = 4; // repositories that are asked for a blob

struct Target {
    Reference reference; // with a tag
    Image image;
};

Result<Target> find_target(ImageStore& store, const Reference& reference) {
    auto image = store.find(reference.name());
    if (!image && image.error().code == Code::not_found)
        return fail(Code::not_found,
                    "An image does not exist locally with the tag: ", familiar_name(reference.repository()),
                    ": give one that is here the name with 'tag'");
    if (!image) return std::unexpected(std::move(image).error());
    return Target{reference, std::move(*image)};
}

Result<std::vector<Target>> find_targets(Database& database, const std::string& text,
                                         ImageService::Tags tags) {
    RT_TRY_ASSIGN(const Reference reference, parse_reference(text));
    if (!reference.digest.empty())
        return fail(Code::invalid_argument, "push '", text,
                    "': cannot push a digest reference: give a name with a tag");
    ImageStore store(database);
    if (tags == ImageService::Tags::one) {
        RT_TRY_ASSIGN(Target target, find_target(store, reference));
        return std::vector{std::move(target)};
    }
    std::vector<Target> targets;
    RT_TRY_ASSIGN(const auto images, store.list());
    for (const Image& image : images)
        for (const std::string& name : image.names)
            if (auto parsed = parse_reference(name);
                parsed && parsed->digest.empty() && parsed->repository() == reference.repository())
                targets.push_back({std::move(*parsed), image});
    if (targets.empty())
        return fail(Code::not_found,
                    "An image does not exist locally with the tag: ", familiar_name(reference.repository()),
                    ": give one that is here the name with 'tag'");
    std::ranges::sort(targets, {}, [](const Target& target) { return target.reference.tag; });
    return targets;
}

// Repositories at the same registry that this engine got the blob from or sent it to.
Result<std::vector<std::string>> mount_sources(Database& database, const Reference& to,
                                               const std::string& digest) {
    std::vector<std::string> paths;
    RT_TRY(database.run("SELECT DISTINCT n.name FROM image_layers l JOIN image_names n "
                        "ON n.image_id = l.image_id WHERE l.blob = ? AND n.digest <> '' ORDER BY n.name",
                        {digest}, [&](const SqlRow& row) {
                            const auto from = parse_reference(row.text(0));
                            if (from && from->host == to.host && from->path != to.path &&
                                paths.size() < kMostMounts &&
                                std::ranges::find(paths, from->path) == paths.end())
                                paths.push_back(from->path);
                        }));
    return paths;
}

// The blobs of one image, several at once. The first failure stops the others.
class Uploads {
public:
    Uploads(RemoteRepository& repository, const ContentStore& store, const ImageProgressSink& progress,
            const Operation& operation)
        : repository_(repository), store_(store), progress_(progress) {
        cancellation_.operation = &operation;
    }

    Result<void> run(std::vector<BlobToPush> blobs) {
        for (const BlobToPush& blob : blobs) tell(blob, Phase::preparing);
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < std::min(kUploads, blobs.size()); ++i)
            threads.emplace_back([&] { work(blobs); });
        for (std::thread& thread : threads) thread.join();
        if (failure_) return std::unexpected(std::move(*failure_));
        return {};
    }

private:
    void work(std::vector<BlobToPush>& blobs) {
        for (std::size_t index = next_++; index < blobs.size() && !cancellation_.stop; index = next_++) {
            BlobToPush& blob = blobs[index];
            blob.progress = [&](std::uint64_t sent) { tell(blob, Phase::pushing, sent); };
            auto outcome = repository_.push_blob(store_, blob, cancellation_);
            if (!outcome) {
                const std::lock_guard lock(mutex_);
                if (!failure_) failure_ = std::move(outcome).error();
                cancellation_.stop = true;
                return;
            }
            tell_end(blob, *outcome);
        }
    }

    void tell(const BlobToPush& blob, Phase phase, std::uint64_t current = 0) {
        if (!progress_) return;
        const std::lock_guard lock(mutex_);
        progress_({phase, short_id(blob.blob.digest), {}, current, blob.blob.size});
    }
    void tell_end(const BlobToPush& blob, const PushOutcome& outcome) {
        if (!progress_) return;
        const std::lock_guard lock(mutex_);
        const Phase phase = outcome.how == PushOutcome::How::present   ? Phase::present
                            : outcome.how == PushOutcome::How::mounted ? Phase::mounted
                                                                       : Phase::pushed;
        progress_({phase, short_id(blob.blob.digest), outcome.from, blob.blob.size, blob.blob.size});
    }

    RemoteRepository& repository_;
    const ContentStore& store_;
    const ImageProgressSink& progress_;
    Cancellation cancellation_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::optional<Error> failure_;
};

} // namespace

Result<std::vector<PushedImage>> ImageService::push(const std::string& text, Tags tags,
                                                    const PushOptions& options,
                                                    const ImageProgressSink& progress,
                                                    const Operation& operation) {
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const Cancellation cancellation{&operation};
    const auto push_one = [&](const Target& target, const ContentStore& store,
                              RemoteRepository& repository) -> Result<PushedImage> {
        const Reference& reference = target.reference;
        RT_TRY_ASSIGN(const OutgoingImage image, prepare_outgoing(database_, *module, store, target.image,
                                                                  options.platform, cancellation));
        std::vector<BlobToPush> blobs;
        std::set<std::string> seen;
        for (const BlobDescriptor& layer : image.layers) {
            if (!seen.insert(layer.digest).second) continue;
            RT_TRY_ASSIGN(auto from, mount_sources(database_, reference, layer.digest));
            blobs.push_back({layer, std::move(from), {}});
        }
        RT_TRY(Uploads(repository, store, progress, operation).run(std::move(blobs)));
        RT_TRY(repository.push_blob(store, {image.config, {}, {}}, cancellation));
        RT_TRY(repository.push_manifest(reference.tag, image.manifest, cancellation));
        const std::string name = reference.name();
        const auto remember = [&]() -> Result<void> {
            RT_TRY(database_.run("UPDATE image_names SET digest = ? WHERE name = ? AND image_id = ?",
                                 {image.manifest.digest, name, target.image.id}));
            return note_transfer_event(database_, target.image, "push", familiar_name(name),
                                       familiar_name(reference.repository()));
        };
        RT_TRY(database_.transaction(remember));
        note(progress, cat(reference.tag, ": digest: ", image.manifest.digest,
                           " size: ", image.manifest.content.size()));
        return PushedImage{name, image.manifest.digest, image.manifest.content.size()};
    };
    const auto work = [&]() -> Result<std::vector<PushedImage>> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock(progress, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        RT_TRY_ASSIGN(const auto targets, find_targets(database_, text, tags));
        const Reference& first = targets.front().reference;
        RegistryCredentials credentials;
        if (options.credentials) {
            RT_TRY_ASSIGN(credentials, options.credentials(first.host));
        }
        note(progress, cat("The push refers to repository [", first.host, "/", first.path, "]"));
        RT_TRY_ASSIGN(const auto repository, module->open_repository(first.host, first.path, credentials));
        std::vector<PushedImage> pushed;
        for (const Target& target : targets) {
            RT_TRY_ASSIGN(PushedImage one, push_one(target, store, *repository));
            pushed.push_back(std::move(one));
        }
        return pushed;
    };
    auto pushed = work();
    (void)collect_garbage(operation); // what was packed anew, and what others left to us
    return pushed;
}

} // namespace rt
