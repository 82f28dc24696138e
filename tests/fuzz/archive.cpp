// SPDX-License-Identifier: Apache-2.0
// A docker-archive or an OCI layout as a tar: what is stored of it, and which images are found. Blobs count
// as what their name says, or no mutation would get beyond the digests.
#include "core/image/archive_images.hpp"
#include "core/image/module/archive_intake.hpp"
#include "core/image/reference.hpp"
#include "fuzz/tar_input.hpp"

#include <sys/mman.h>

using namespace rt;

namespace {

class Files final : public ArchiveFiles {
public:
    Files(ArchiveContent content, const ContentStore& store) : content_(std::move(content)), store_(store) {}
    Result<BlobDescriptor> get(const std::string& name) override {
        const auto found = content_.files.find(name);
        if (found == content_.files.end()) return fail(Code::not_found, "there is no '", name, "' in it");
        BlobDescriptor blob = found->second;
        constexpr std::string_view kBlobs = "blobs/sha256/";
        const std::string digest = name.starts_with(kBlobs) ? "sha256:" + name.substr(kBlobs.size()) : "";
        if (!is_digest(digest)) return blob;
        RT_TRY_ASSIGN(const std::string text, store_.read(blob.digest, 1U << 20U));
        RT_TRY(replace_file(store_.blob_path(digest), text));
        blob.digest = digest;
        return blob;
    }

private:
    ArchiveContent content_;
    const ContentStore& store_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Place place;
    const std::string tar = fuzz::with_checksums(std::string(fuzz::text_of(data, size)));
    const UniqueFd file(::memfd_create("tar", MFD_CLOEXEC));
    if (::write(file.get(), tar.data(), tar.size()) != static_cast<ssize_t>(tar.size()) ||
        ::lseek(file.get(), 0, SEEK_SET) != 0)
        return 0;
    (void)place.fresh_root();
    const auto store = ContentStore::open("/mnt/root");
    fuzz::must(store.has_value(), "the content store opens");
    const Cancellation cancellation;
    auto content = image::take_archive(*store, file.get(), cancellation);
    if (!content) return 0;
    Files files(std::move(*content), *store);
    const auto images = find_images(files, *store);
    if (images)
        for (const ArchiveImage& found : *images)
            for (const std::string& name : found.names)
                fuzz::must(parse_reference(name).has_value(), "the name of a loaded image is one");
    place.check();
    return 0;
}
