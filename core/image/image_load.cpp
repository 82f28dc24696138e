// SPDX-License-Identifier: Apache-2.0
// Images out of archives: docker-archive (manifest.json) and OCI layout (index.json), as a tar or a
// directory.
#include "core/config/wiring.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_intake.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/manifest.hpp"
#include "core/image/reference.hpp"
#include "core/plugin/registry.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>
#include <set>

namespace rt {
namespace {

constexpr std::size_t kDocumentLimit = 4U << 20U;

// The files of an archive by name, each of them a blob in the content store once it was asked for.
class ArchiveFiles {
public:
    virtual ~ArchiveFiles() = default;
    virtual Result<BlobDescriptor> get(const std::string& name) = 0; // not_found
};

class TarFiles final : public ArchiveFiles {
public:
    explicit TarFiles(ArchiveContent content) : content_(std::move(content)) {}
    Result<BlobDescriptor> get(const std::string& name) override {
        const auto found = content_.files.find(name);
        if (found == content_.files.end()) return fail(Code::not_found, "there is no '", name, "' in it");
        return found->second;
    }

private:
    ArchiveContent content_;
};

class DirectoryFiles final : public ArchiveFiles {
public:
    DirectoryFiles(UniqueFd directory, ImageModule& module, const ContentStore& store,
                   const Cancellation& cancellation)
        : directory_(std::move(directory)), module_(module), store_(store), cancellation_(cancellation) {}
    Result<BlobDescriptor> get(const std::string& name) override {
        open_how how{};
        how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK; // a pipe in its place must not hold us up
        how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
        const UniqueFd file(
            static_cast<int>(::syscall(SYS_openat2, directory_.get(), name.c_str(), &how, sizeof how)));
        struct stat status{};
        if (!file) return fail_errno(errno, "open '", name, "' in it");
        if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
            return fail(Code::corrupt, "'", name, "' in it is not a file");
        return module_.take_file(store_, file.get(), cancellation_);
    }

private:
    UniqueFd directory_;
    ImageModule& module_;
    const ContentStore& store_;
    const Cancellation& cancellation_;
};

Result<std::unique_ptr<ArchiveFiles>> open_archive(const Path& source, ImageModule& module,
                                                   const ContentStore& store,
                                                   const Cancellation& cancellation) {
    UniqueFd file;
    if (source != "-") {
        RT_TRY_ASSIGN(file, open_file(source, O_RDONLY));
        struct stat status{};
        if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
            return std::make_unique<DirectoryFiles>(std::move(file), module, store, cancellation);
    }
    RT_TRY_ASSIGN(ArchiveContent content,
                  module.take_archive(store, file ? file.get() : STDIN_FILENO, cancellation));
    return std::make_unique<TarFiles>(std::move(content));
}

// Everything about one image in an archive, ready to be taken in.
struct Candidate {
    std::string config_json;
    std::string manifest; // empty: it has none
    std::vector<IntakeLayer> layers;
    std::vector<std::string> names;
    BlobDescriptor config;
};

class Loader {
public:
    Loader(ArchiveFiles& files, const ContentStore& store) : files_(files), store_(store) {}

    Result<std::vector<Candidate>> find() {
        auto archive = files_.get("manifest.json");
        if (archive) return from_archive_manifest(*archive);
        if (archive.error().code != Code::not_found) return std::unexpected(std::move(archive).error());
        auto index = files_.get("index.json");
        if (!index && index.error().code == Code::not_found)
            return fail(Code::invalid_argument,
                        "it has neither a manifest.json nor an index.json: it is not an "
                        "image archive; for the tar of a root file system use import");
        if (!index) return std::unexpected(std::move(index).error());
        std::vector<Candidate> candidates;
        RT_TRY(from_index(*index, {}, 0, candidates));
        return candidates;
    }

private:
    Result<std::string> read(const BlobDescriptor& blob) const {
        return store_.read(blob.digest, kDocumentLimit);
    }

    Result<std::vector<Candidate>> from_archive_manifest(const BlobDescriptor& blob) {
        RT_TRY_ASSIGN(const std::string text, read(blob));
        RT_TRY_ASSIGN(const auto images, parse_archive_manifest(text, "manifest.json"));
        std::vector<Candidate> candidates;
        for (const ArchivedImage& image : images) {
            Candidate candidate;
            RT_TRY_ASSIGN(candidate.config, files_.get(image.config));
            RT_TRY_ASSIGN(candidate.config_json, read(candidate.config));
            std::vector<BlobDescriptor> blobs;
            for (const std::string& name : image.layers) {
                RT_TRY_ASSIGN(BlobDescriptor layer, files_.get(name));
                blobs.push_back(std::move(layer));
            }
            RT_TRY(pair_layers(candidate, blobs, image.config));
            for (const std::string& name : image.names) {
                RT_TRY_ASSIGN(const Reference reference, parse_reference(name));
                candidate.names.push_back(reference.name());
            }
            candidates.push_back(std::move(candidate));
        }
        return candidates;
    }

    // Every image that an index lists at its top; of a nested index the one for this machine.
    Result<void> from_index(const BlobDescriptor& blob, const std::string& name, int depth,
                            std::vector<Candidate>& candidates) {
        constexpr int kMostIndexes = 3;
        if (depth > kMostIndexes) return fail(Code::corrupt, "index.json: indexes in indexes, too deep");
        RT_TRY_ASSIGN(const std::string text, read(blob));
        RT_TRY_ASSIGN(auto entries, parse_index(text, "index.json"));
        if (depth > 0) {
            RT_TRY_ASSIGN(const IndexEntry chosen, choose(entries, host_platform(), "index.json"));
            entries = {chosen};
        }
        for (const IndexEntry& entry : entries) {
            RT_TRY_ASSIGN(const BlobDescriptor document, blob_of(entry.manifest));
            RT_TRY_ASSIGN(const std::string content, read(document));
            RT_TRY_ASSIGN(const bool index,
                          is_index(content, entry.manifest.media_type, entry.manifest.digest));
            const std::string& given = depth == 0 ? entry.name : name;
            if (index)
                RT_TRY(from_index(document, given, depth + 1, candidates));
            else
                RT_TRY(from_manifest(content, entry.manifest.digest, given, candidates));
        }
        return {};
    }

    Result<void> from_manifest(const std::string& content, const std::string& what, const std::string& name,
                               std::vector<Candidate>& candidates) {
        RT_TRY_ASSIGN(const ImageManifest manifest, parse_manifest(content, what));
        Candidate candidate;
        candidate.manifest = content;
        RT_TRY_ASSIGN(candidate.config, blob_of(manifest.config));
        RT_TRY_ASSIGN(candidate.config_json, read(candidate.config));
        std::vector<BlobDescriptor> blobs;
        for (const BlobDescriptor& descriptor : manifest.layers) {
            RT_TRY_ASSIGN(BlobDescriptor layer, blob_of(descriptor));
            blobs.push_back(std::move(layer));
        }
        RT_TRY(pair_layers(candidate, blobs, what));
        if (!name.empty()) {
            RT_TRY_ASSIGN(const Reference reference, parse_reference(name));
            candidate.names.push_back(reference.name());
        }
        candidates.push_back(std::move(candidate));
        return {};
    }

    // blobs/sha256/<hex>, which must be what its name says.
    Result<BlobDescriptor> blob_of(const BlobDescriptor& wanted) {
        RT_TRY_ASSIGN(BlobDescriptor blob, files_.get(cat("blobs/sha256/", wanted.digest.substr(7))));
        if (blob.digest != wanted.digest)
            return fail(Code::corrupt, "the blob '", wanted.digest, "' in it is '", blob.digest,
                        "' in truth: the archive is damaged");
        blob.media_type = wanted.media_type;
        return blob;
    }

    static Result<void> pair_layers(Candidate& candidate, const std::vector<BlobDescriptor>& blobs,
                                    const std::string& what) {
        RT_TRY_ASSIGN(const ImageConfig config,
                      parse_image_config(candidate.config_json, cat("'", what, "'")));
        if (config.diff_ids.size() != blobs.size())
            return fail(Code::corrupt, "'", what, "': the manifest has ", blobs.size(),
                        " layers, the config ", config.diff_ids.size());
        for (std::size_t i = 0; i < blobs.size(); ++i)
            candidate.layers.push_back({blobs[i], config.diff_ids[i], {}});
        return {};
    }

    ArchiveFiles& files_;
    const ContentStore& store_;
};

Result<Image> take(Candidate& candidate, ImageIntake& intake) {
    RT_TRY(intake.take(candidate.layers, nullptr));
    if (candidate.manifest.empty()) {
        candidate.config.media_type = "application/vnd.oci.image.config.v1+json";
        std::vector<BlobDescriptor> blobs;
        for (const IntakeLayer& layer : candidate.layers) blobs.push_back(layer.blob);
        candidate.manifest = make_manifest(candidate.config, blobs);
    }
    return intake.record(candidate.config_json, candidate.manifest, candidate.layers, candidate.names, {});
}

} // namespace

Result<std::vector<Image>> ImageService::load(const Path& source, const std::string& storage_instance,
                                              const ImageProgressSink& progress, const Operation& operation) {
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const auto storage, drivers_.storage(storage_instance));
    const std::string what = source == "-" ? "standard input" : cat("'", source.native(), "'");
    const auto work = [&]() -> Result<std::vector<Image>> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock(progress, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        const Cancellation cancellation{&operation};
        RT_TRY_ASSIGN(const auto files, open_archive(source, *module, store, cancellation));
        RT_TRY_ASSIGN(auto candidates, Loader(*files, store).find());
        std::vector<Image> images;
        for (Candidate& candidate : candidates) {
            ImageIntake intake(database_, *module, store, *storage, progress, operation);
            intake.on_record(
                [&](const Image& image) { return note_image_event(database_, image, "load", image.id); });
            RT_TRY_ASSIGN(Image image, take(candidate, intake));
            images.push_back(std::move(image));
        }
        return images;
    };
    auto images = work();
    // The archive's other files, and all of them after a failure.
    if (images)
        tidy(progress, operation);
    else
        (void)collect_garbage(operation); // the failure itself is what counts
    if (!images) return in_context(std::move(images).error(), "load ", what);
    return images;
}

} // namespace rt
