// SPDX-License-Identifier: Apache-2.0
// Images as an archive: blobs/, index.json and oci-layout make it an OCI layout, manifest.json beside them
// what docker loads. Layers are written as they are stored.
#include "core/base/json.hpp"
#include "core/config/wiring.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/outgoing_image.hpp"
#include "core/image/reference.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace rt {
namespace {

struct Chosen {
    Image image;
    std::vector<std::string> names; // those that go into the archive, as they are stored
};

// As docker has it: a name with a tag is that one, one without is all its tags, an id brings no names.
class Choice {
public:
    explicit Choice(Database& database) : store_(database) {}

    Result<void> add(const std::string& text) {
        const auto parsed = parse_reference(text);
        if (parsed && !has_tag_or_digest(text)) {
            RT_TRY_ASSIGN(const bool found, add_repository(parsed->repository()));
            if (found) return {};
        }
        RT_TRY_ASSIGN(const Image image, store_.find(text));
        const bool named = parsed && std::ranges::find(image.names, parsed->name()) != image.names.end() &&
                           parsed->digest.empty();
        add(image, named ? parsed->name() : std::string());
        return {};
    }
    [[nodiscard]] const std::vector<Chosen>& images() const { return chosen_; }

private:
    void add(const Image& image, const std::string& name) {
        auto found = std::ranges::find(chosen_, image.id, [](const Chosen& one) { return one.image.id; });
        if (found == chosen_.end()) found = chosen_.insert(chosen_.end(), {image, {}});
        if (!name.empty() && std::ranges::find(found->names, name) == found->names.end())
            found->names.push_back(name);
    }

    Result<bool> add_repository(const std::string& repository) {
        RT_TRY_ASSIGN(auto images, store_.list());
        std::ranges::reverse(images); // those that came first
        bool found = false;
        for (const Image& image : images)
            for (const std::string& name : image.names)
                if (name.starts_with(repository + ":") && parse_reference(name)) {
                    add(image, name);
                    found = true;
                }
        return found;
    }

    ImageStore store_;
    std::vector<Chosen> chosen_;
};

class Archive {
public:
    Archive() {
        directory("blobs/");
        directory("blobs/sha256/");
    }

    void add(const OutgoingImage& image, const std::vector<std::string>& names) {
        Json layers = Json::array();
        for (const BlobDescriptor& layer : image.layers) layers.push_back(blob(layer));
        Json tags = Json::array();
        for (const std::string& name : names) tags.push_back(familiar_name(name));
        const std::string config = blob(image.config);
        manifests_.push_back({{"Config", config},
                              {"RepoTags", tags.empty() ? Json() : std::move(tags)},
                              {"Layers", std::move(layers)}});
        add_text(path_of(image.manifest.digest), image.manifest.content);
        const Json descriptor = {{"mediaType", image.manifest.media_type},
                                 {"digest", image.manifest.digest},
                                 {"size", image.manifest.content.size()}};
        if (names.empty()) index_.push_back(descriptor);
        for (const std::string& name : names) {
            Json named = descriptor;
            named["annotations"] = {{"io.containerd.image.name", name},
                                    {"org.opencontainers.image.ref.name", name.substr(name.rfind(':') + 1)}};
            index_.push_back(std::move(named));
        }
    }

    std::vector<ArchivePart> finish() {
        add_text("index.json", Json{{"schemaVersion", 2},
                                    {"mediaType", "application/vnd.oci.image.index.v1+json"},
                                    {"manifests", std::move(index_)}}
                                   .dump());
        add_text("manifest.json", manifests_.dump());
        add_text("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
        return std::move(parts_);
    }

private:
    static std::string path_of(const std::string& digest) {
        return cat("blobs/sha256/", digest.substr(digest.find(':') + 1));
    }
    void directory(const std::string& name) { parts_.push_back({name, {}, {}}); }
    // What several images have is there once.
    std::string blob(const BlobDescriptor& blob) {
        std::string path = path_of(blob.digest);
        if (written_.insert(path).second) parts_.push_back({path, {}, blob});
        return path;
    }
    void add_text(const std::string& path, const std::string& content) {
        if (written_.insert(path).second) parts_.push_back({path, content, {}});
    }

    std::vector<ArchivePart> parts_;
    std::set<std::string> written_;
    Json manifests_ = Json::array();
    Json index_ = Json::array();
};

} // namespace

Result<void> ImageService::save(const std::vector<std::string>& references, const std::string& platform,
                                int out, const Operation& operation) {
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const auto work = [&]() -> Result<void> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock({}, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        const Cancellation cancellation{&operation};
        Choice choice(database_);
        for (const std::string& reference : references) RT_TRY(choice.add(reference));
        Archive archive;
        for (const Chosen& chosen : choice.images()) {
            RT_TRY_ASSIGN(const OutgoingImage image,
                          prepare_outgoing(database_, *module, store, chosen.image, platform, cancellation));
            archive.add(image, chosen.names);
        }
        RT_TRY(module->write_archive(store, archive.finish(), out, cancellation));
        return database_.transaction([&]() -> Result<void> {
            for (const Chosen& chosen : choice.images())
                RT_TRY(note_image_event(database_, chosen.image, "save", chosen.image.id));
            return {};
        });
    };
    auto saved = work();
    (void)collect_garbage(operation); // what was packed anew, and what others left to us
    if (!saved) return in_context(std::move(saved).error(), "save");
    return saved;
}

} // namespace rt
