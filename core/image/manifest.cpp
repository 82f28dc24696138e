// SPDX-License-Identifier: Apache-2.0
#include "core/image/manifest.hpp"

#include "core/base/json.hpp"
#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace rt {
namespace {

constexpr std::size_t kMostLayers = 1000;
constexpr std::uint64_t kMostBytes = 1ULL << 50U;

const Json* member(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<Json> parse_object(std::string_view text, std::string_view what) {
    RT_TRY_ASSIGN(Json value, parse_json(text, what));
    if (!value.is_object()) return fail(Code::corrupt, what, ": not a JSON object");
    return value;
}

Result<const Json*> array_of(const Json& object, const char* key, std::string_view what) {
    const Json* const value = member(object, key);
    if (value == nullptr || !value->is_array())
        return fail(Code::corrupt, what, ": '", key, "' is not a list");
    if (value->size() > kMostLayers)
        return fail(Code::corrupt, what, ": '", key, "' has more than ", kMostLayers, " items");
    return value;
}

Result<BlobDescriptor> descriptor_of(const Json& value, std::string_view what) {
    if (!value.is_object()) return fail(Code::corrupt, what, ": a descriptor is not a JSON object");
    BlobDescriptor blob{string_at(value, "mediaType"), string_at(value, "digest"), 0};
    if (!is_digest(blob.digest)) {
        if (blob.digest.starts_with("sha512:"))
            return fail(Code::unsupported, what, ": '", blob.digest.substr(0, 20),
                        "...' is not a sha256 digest");
        return fail(Code::corrupt, what, ": '", blob.digest.substr(0, 100), "' is not a digest");
    }
    const Json* const size = member(value, "size");
    if (size == nullptr || !size->is_number_integer() ||
        (size->is_number_integer() && !size->is_number_unsigned()) || size->get<std::uint64_t>() > kMostBytes)
        return fail(Code::corrupt, what, ": the size of '", blob.digest, "' is not a number of bytes");
    blob.size = size->get<std::uint64_t>();
    return blob;
}

Result<std::vector<std::string>> texts_of(const Json& object, const char* key, std::string_view what) {
    RT_TRY_ASSIGN(const Json* const list, array_of(object, key, what));
    std::vector<std::string> texts;
    for (const Json& item : *list) {
        if (!item.is_string())
            return fail(Code::corrupt, what, ": '", key, "' holds something that is not a text");
        texts.push_back(item.get<std::string>());
    }
    return texts;
}

bool is_index_type(std::string_view media_type) {
    return media_type == "application/vnd.oci.image.index.v1+json" ||
           media_type == "application/vnd.docker.distribution.manifest.list.v2+json";
}
bool is_manifest_type(std::string_view media_type) {
    return media_type == "application/vnd.oci.image.manifest.v1+json" ||
           media_type == "application/vnd.docker.distribution.manifest.v2+json";
}

} // namespace

Result<bool> is_index(std::string_view text, std::string_view media_type, std::string_view what) {
    RT_TRY_ASSIGN(const Json document, parse_object(text, what));
    const Json* const version = member(document, "schemaVersion");
    if (version == nullptr || !version->is_number_integer() || version->get<std::int64_t>() != 2)
        return fail(Code::unsupported, what,
                    ": not of schema version 2: images this old must be pushed again by a newer tool");
    const std::string own = string_at(document, "mediaType");
    const std::string_view type = own.empty() ? media_type : std::string_view(own);
    const bool index = is_index_type(type);
    const bool has_manifests = member(document, "manifests") != nullptr;
    const bool has_layers = member(document, "layers") != nullptr;
    // One document must not be read as two things by two programs (CVE-2021-41190).
    if (has_manifests && has_layers)
        return fail(Code::corrupt, what, ": it has both 'manifests' and 'layers': refused");
    if ((index && has_layers) || (is_manifest_type(type) && has_manifests))
        return fail(Code::corrupt, what, ": its content does not fit its media type '", type, "'");
    return index || has_manifests;
}

Result<std::vector<IndexEntry>> parse_index(std::string_view text, std::string_view what) {
    RT_TRY_ASSIGN(const Json document, parse_object(text, what));
    RT_TRY_ASSIGN(const Json* const list, array_of(document, "manifests", what));
    std::vector<IndexEntry> entries;
    for (const Json& item : *list) {
        IndexEntry entry;
        RT_TRY_ASSIGN(entry.manifest, descriptor_of(item, what));
        if (const Json* const platform = member(item, "platform");
            platform != nullptr && platform->is_object())
            entry.platform = {string_at(*platform, "os"), string_at(*platform, "architecture"),
                              string_at(*platform, "variant")};
        if (const Json* const notes = member(item, "annotations"); notes != nullptr && notes->is_object()) {
            entry.name = string_at(*notes, "io.containerd.image.name");
            const std::string reference = string_at(*notes, "org.opencontainers.image.ref.name");
            // Often only a tag ("latest"), which names nothing.
            if (entry.name.empty() && reference.find_first_of("/:") != std::string::npos)
                entry.name = reference;
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<ImageManifest> parse_manifest(std::string_view text, std::string_view what) {
    RT_TRY_ASSIGN(const Json document, parse_object(text, what));
    ImageManifest manifest;
    const Json* const config = member(document, "config");
    if (config == nullptr) return fail(Code::corrupt, what, ": it has no 'config'");
    RT_TRY_ASSIGN(manifest.config, descriptor_of(*config, what));
    if (manifest.config.media_type == "application/vnd.oci.empty.v1+json")
        return fail(Code::unsupported, what, ": it is not an image but another kind of artifact");
    RT_TRY_ASSIGN(const Json* const layers, array_of(document, "layers", what));
    for (const Json& item : *layers) {
        RT_TRY_ASSIGN(BlobDescriptor layer, descriptor_of(item, what));
        manifest.layers.push_back(std::move(layer));
    }
    return manifest;
}

Result<ImageConfig> parse_image_config(std::string_view text, std::string_view what) {
    RT_TRY_ASSIGN(const Json document, parse_object(text, what));
    ImageConfig config;
    config.platform = {string_at(document, "os"), string_at(document, "architecture"),
                       string_at(document, "variant")};
    const Json* const rootfs = member(document, "rootfs");
    if (rootfs == nullptr || !rootfs->is_object()) return fail(Code::corrupt, what, ": it has no 'rootfs'");
    if (const std::string type = string_at(*rootfs, "type"); type != "layers")
        return fail(Code::unsupported, what, ": rootfs.type is '", type, "', known is 'layers'");
    RT_TRY_ASSIGN(config.diff_ids, texts_of(*rootfs, "diff_ids", what));
    for (const std::string& id : config.diff_ids)
        if (!is_digest(id))
            return fail(Code::corrupt, what, ": rootfs.diff_ids: '", id.substr(0, 100),
                        "' is not a sha256 digest");
    return config;
}

Result<std::vector<ArchivedImage>> parse_archive_manifest(std::string_view text, std::string_view what) {
    RT_TRY_ASSIGN(const Json document, parse_json(text, what));
    if (!document.is_array()) return fail(Code::corrupt, what, ": not a JSON list");
    std::vector<ArchivedImage> images;
    for (const Json& item : document) {
        if (!item.is_object()) return fail(Code::corrupt, what, ": an item is not a JSON object");
        ArchivedImage image;
        image.config = string_at(item, "Config");
        if (image.config.empty()) return fail(Code::corrupt, what, ": an item has no 'Config'");
        if (member(item, "RepoTags") != nullptr) {
            RT_TRY_ASSIGN(image.names, texts_of(item, "RepoTags", what));
        }
        if (member(item, "Layers") != nullptr) {
            RT_TRY_ASSIGN(image.layers, texts_of(item, "Layers", what));
        }
        images.push_back(std::move(image));
    }
    return images;
}

Result<IndexEntry> choose(const std::vector<IndexEntry>& entries, const Platform& wanted,
                          std::string_view what) {
    const IndexEntry* best = nullptr;
    int best_match = 0;
    std::string offered;
    for (const IndexEntry& entry : entries) {
        const int match = platform_match(wanted, entry.platform);
        if (match > best_match) {
            best = &entry;
            best_match = match;
        }
        if (entry.platform.os.empty() || entry.platform.os == "unknown") continue; // attestations
        offered += cat(offered.empty() ? "" : ", ", entry.platform.text());
    }
    if (best != nullptr) return *best;
    // An index of one that does not say for which platform it is.
    if (entries.size() == 1 && entries[0].platform.os.empty()) return entries[0];
    return fail(Code::not_found, what, ": there is none for ", wanted.text(), ", only for ",
                offered.empty() ? "no platform at all" : offered, ": choose with --platform");
}

std::string make_manifest(const BlobDescriptor& config, const std::vector<BlobDescriptor>& layers) {
    const auto descriptor = [](const BlobDescriptor& blob) {
        return Json{{"mediaType", blob.media_type}, {"digest", blob.digest}, {"size", blob.size}};
    };
    Json list = Json::array();
    for (const BlobDescriptor& layer : layers) list.push_back(descriptor(layer));
    return Json{{"schemaVersion", 2},
                {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                {"config", descriptor(config)},
                {"layers", std::move(list)}}
        .dump();
}

} // namespace rt
