// SPDX-License-Identifier: Apache-2.0
#include "core/image/outgoing_image.hpp"

#include "core/base/json.hpp"
#include "core/image/manifest.hpp"
#include "core/image/platform.hpp"
#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace rt {
namespace {

constexpr std::size_t kDocumentLimit = 4U << 20U;
constexpr const char* kOciConfig = "application/vnd.oci.image.config.v1+json";

std::string shown(const Image& image) {
    return image.names.empty() ? image.id : familiar_name(image.names.front());
}

bool needs_repacking(const std::string& media_type) {
    return media_type.ends_with("+xz") || media_type.ends_with("+bzip2");
}

Result<std::uint64_t> size_of(const ContentStore& store, const std::string& digest) {
    struct stat status{};
    if (::stat(store.blob_path(digest).c_str(), &status) == 0)
        return static_cast<std::uint64_t>(status.st_size);
    if (errno != ENOENT)
        return fail_errno(errno, "look at the blob '", store.blob_path(digest).native(), "'");
    return fail(Code::failed_precondition, "the blob '", digest,
                "' is not stored any more: pull or load the image again");
}

Result<void> check_platform(const Image& image, const std::string& platform) {
    if (platform.empty()) return {};
    RT_TRY_ASSIGN(const Platform wanted, parse_platform(platform));
    RT_TRY_ASSIGN(const ImageConfig config,
                  parse_image_config(image.config_json, cat("config of '", image.id, "'")));
    const bool same = wanted.os == config.platform.os &&
                      wanted.architecture == config.platform.architecture &&
                      (wanted.variant.empty() || wanted.variant == config.platform.variant);
    if (same) return {};
    return fail(Code::not_found, "image with reference ", shown(image),
                " was found but does not provide the specified platform (", wanted.text(), "): it is for ",
                config.platform.text());
}

std::string media_type_of(const std::string& manifest) {
    const Json document = Json::parse(manifest, nullptr, false);
    if (document.is_object())
        if (const auto found = document.find("mediaType"); found != document.end() && found->is_string())
            return found->get<std::string>();
    return "application/vnd.oci.image.manifest.v1+json";
}

} // namespace

Result<OutgoingImage> prepare_outgoing(Database& database, ImageModule& module, const ContentStore& store,
                                       const Image& image, const std::string& platform,
                                       const Cancellation& cancellation) {
    RT_TRY(check_platform(image, platform));
    OutgoingImage outgoing;
    outgoing.image = image;
    RT_TRY_ASSIGN(const auto layers, ImageStore(database).layers(image.id));
    bool repacked = false;
    for (const ImageLayer& layer : layers) {
        if (needs_repacking(layer.media_type)) {
            RT_TRY_ASSIGN(BlobDescriptor blob, module.repack(store, layer.blob, layer.diff_id, cancellation));
            outgoing.layers.push_back(std::move(blob));
            repacked = true;
        } else {
            RT_TRY_ASSIGN(const std::uint64_t size, size_of(store, layer.blob));
            outgoing.layers.push_back({layer.media_type, layer.blob, size});
        }
    }
    outgoing.config = {kOciConfig, image.id, image.config_json.size()};
    // The row is the config, byte for byte; the blob may have gone bad with a disk.
    if (!store.has(image.id)) RT_TRY(module.store_blob(store, image.config_json));
    auto text = store.read(image.manifest, kDocumentLimit);
    if (text && !repacked && module.sha256(*text) == image.manifest) {
        outgoing.manifest = {*text, media_type_of(*text), image.manifest};
        return outgoing;
    }
    outgoing.manifest.content = make_manifest(outgoing.config, outgoing.layers);
    outgoing.manifest.media_type = media_type_of(outgoing.manifest.content);
    outgoing.manifest.digest = module.sha256(outgoing.manifest.content);
    return outgoing;
}

} // namespace rt
