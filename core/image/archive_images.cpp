// SPDX-License-Identifier: Apache-2.0
#include "core/image/archive_images.hpp"

#include "core/base/text.hpp"
#include "core/image/manifest.hpp"
#include "core/image/reference.hpp"

#include <algorithm>
#include <set>

namespace rt {
namespace {

constexpr std::size_t kDocumentLimit = 4U << 20U;

class Loader {
public:
    Loader(ArchiveFiles& files, const ContentStore& store, const std::optional<Platform>& platform)
        : files_(files), store_(store), platform_(platform) {}

    Result<std::vector<ArchiveImage>> find() {
        RT_TRY_ASSIGN(auto found, find_all());
        if (!found.empty() || passed_over_.empty()) return found;
        return fail(Code::not_found, "it has no image for ", platform_->text(), ", only for ",
                    joined(passed_over_, ", "));
    }

private:
    Result<std::vector<ArchiveImage>> find_all() {
        auto archive = files_.get("manifest.json");
        if (archive) return from_archive_manifest(*archive);
        if (archive.error().code != Code::not_found) return std::unexpected(std::move(archive).error());
        auto index = files_.get("index.json");
        if (!index && index.error().code == Code::not_found)
            return fail(Code::invalid_argument,
                        "it has neither a manifest.json nor an index.json: it is not an "
                        "image archive; for the tar of a root file system use import");
        if (!index) return std::unexpected(std::move(index).error());
        std::vector<ArchiveImage> candidates;
        RT_TRY(from_index(*index, {}, 0, candidates));
        return candidates;
    }

    // Notes what there is, for who finds nothing.
    bool is_wanted(const Platform& offered) {
        if (!platform_ || platform_match(*platform_, offered) > 0) return true;
        passed_over_.insert(offered.text());
        return false;
    }

    Result<std::string> read(const BlobDescriptor& blob) const {
        return store_.read(blob.digest, kDocumentLimit);
    }

    Result<std::vector<ArchiveImage>> from_archive_manifest(const BlobDescriptor& blob) {
        RT_TRY_ASSIGN(const std::string text, read(blob));
        RT_TRY_ASSIGN(const auto images, parse_archive_manifest(text, "manifest.json"));
        std::vector<ArchiveImage> candidates;
        for (const ArchivedImage& image : images) {
            ArchiveImage candidate;
            RT_TRY_ASSIGN(candidate.config, files_.get(image.config));
            RT_TRY_ASSIGN(candidate.config_json, read(candidate.config));
            RT_TRY_ASSIGN(const ImageConfig config, parse_image_config(candidate.config_json, image.config));
            if (!is_wanted(config.platform)) continue;
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
        find_manifests(candidates);
        return candidates;
    }

    // An archive that is an OCI layout, too, has the manifests that the images came with: with them they keep
    // their digests. What cannot be read there is no loss.
    void find_manifests(std::vector<ArchiveImage>& candidates) {
        const auto index = files_.get("index.json");
        if (!index) return;
        const auto text = read(*index);
        if (!text) return;
        const auto entries = parse_index(*text, "index.json");
        if (!entries) return;
        for (const IndexEntry& entry : *entries) {
            const auto blob = blob_of(entry.manifest);
            const auto content = blob ? read(*blob) : Result<std::string>(std::unexpected(blob.error()));
            const auto nested =
                content ? is_index(*content, entry.manifest.media_type, "manifest") : Result<bool>(true);
            if (!nested || *nested) continue;
            const auto manifest = parse_manifest(*content, "manifest");
            if (!manifest) continue;
            for (ArchiveImage& candidate : candidates)
                if (is_of(*manifest, candidate)) candidate.manifest = *content;
        }
    }

    static bool is_of(const ImageManifest& manifest, const ArchiveImage& image) {
        return manifest.config.digest == image.config.digest &&
               std::ranges::equal(manifest.layers, image.layers, {}, &BlobDescriptor::digest,
                                  [](const IntakeLayer& layer) { return layer.blob.digest; });
    }

    // Every image that an index lists at its top; of a nested index the one for this machine, or for the one
    // that was asked for. What an entry says of its machine spares us its files.
    Result<void> from_index(const BlobDescriptor& blob, const std::string& name, int depth,
                            std::vector<ArchiveImage>& candidates) {
        constexpr int kMostIndexes = 3;
        if (depth > kMostIndexes) return fail(Code::corrupt, "index.json: indexes in indexes, too deep");
        RT_TRY_ASSIGN(const std::string text, read(blob));
        RT_TRY_ASSIGN(auto entries, parse_index(text, "index.json"));
        if (depth > 0) {
            RT_TRY_ASSIGN(const IndexEntry chosen,
                          choose(entries, platform_.value_or(host_platform()), "index.json"));
            entries = {chosen};
        }
        for (const IndexEntry& entry : entries) {
            if (depth == 0 && !entry.platform.os.empty() && !is_wanted(entry.platform)) continue;
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
                               std::vector<ArchiveImage>& candidates) {
        RT_TRY_ASSIGN(const ImageManifest manifest, parse_manifest(content, what));
        ArchiveImage candidate;
        candidate.manifest = content;
        RT_TRY_ASSIGN(candidate.config, blob_of(manifest.config));
        RT_TRY_ASSIGN(candidate.config_json, read(candidate.config));
        RT_TRY_ASSIGN(const ImageConfig config, parse_image_config(candidate.config_json, what));
        if (!is_wanted(config.platform)) return {};
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

    static Result<void> pair_layers(ArchiveImage& candidate, const std::vector<BlobDescriptor>& blobs,
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
    const std::optional<Platform>& platform_;
    std::set<std::string> passed_over_; // platforms
};

} // namespace

Result<std::vector<ArchiveImage>> find_images(ArchiveFiles& files, const ContentStore& store,
                                              const std::optional<Platform>& platform) {
    return Loader(files, store, platform).find();
}

} // namespace rt
