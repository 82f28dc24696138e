// SPDX-License-Identifier: Apache-2.0
// Images out of archives: docker-archive (manifest.json) and OCI layout (index.json), as a tar or a
// directory.
#include "core/config/wiring.hpp"
#include "core/image/archive_images.hpp"
#include "core/image/content_store.hpp"
#include "core/image/image_events.hpp"
#include "core/image/image_intake.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/image/intake_lock.hpp"
#include "core/image/manifest.hpp"
#include "core/image/platform.hpp"
#include "core/plugin/registry.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>
#include <optional>

namespace rt {
namespace {

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

Result<std::unique_ptr<ArchiveFiles>> open_archive(const ArchiveSource& source, ImageModule& module,
                                                   const ContentStore& store,
                                                   const Cancellation& cancellation) {
    UniqueFd file;
    if (source.is_file()) {
        RT_TRY_ASSIGN(file, open_file(source.path, O_RDONLY));
        struct stat status{};
        if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
            return std::make_unique<DirectoryFiles>(std::move(file), module, store, cancellation);
    }
    RT_TRY_ASSIGN(ArchiveContent content,
                  module.take_archive(store, file ? file.get() : source.fd, cancellation));
    return std::make_unique<TarFiles>(std::move(content));
}

Result<Image> take(ArchiveImage& candidate, ImageIntake& intake) {
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

std::string ArchiveSource::text() const {
    if (is_file()) return cat("'", path.native(), "'");
    return fd == STDIN_FILENO ? "standard input" : "the archive";
}

Result<std::vector<Image>> ImageService::load(const ArchiveSource& source,
                                              const std::string& storage_instance,
                                              const ImageProgressSink& progress, const Operation& operation,
                                              const std::string& platform) {
    std::optional<Platform> wanted;
    if (!platform.empty()) {
        RT_TRY_ASSIGN(wanted, parse_platform(platform));
    }
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const auto storage, drivers_.storage(storage_instance));
    const auto work = [&]() -> Result<std::vector<Image>> {
        RT_TRY_ASSIGN(const IntakeLock lock, intake_lock(progress, operation));
        RT_TRY_ASSIGN(const ContentStore store, ContentStore::open(wiring_.root));
        const Cancellation cancellation{&operation};
        RT_TRY_ASSIGN(const auto files, open_archive(source, *module, store, cancellation));
        RT_TRY_ASSIGN(auto candidates, find_images(*files, store, wanted));
        std::vector<Image> images;
        for (ArchiveImage& candidate : candidates) {
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
    if (!images) return in_context(std::move(images).error(), "load ", source.text());
    return images;
}

} // namespace rt
