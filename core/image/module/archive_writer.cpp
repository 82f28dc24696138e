// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/archive_writer.hpp"

#include "core/image/module/blob_intake.hpp"
#include "core/image/module/tar_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <new>

namespace rt::image {
namespace {

struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

Result<void> header(TarWriter& tar, const std::string& name, std::uint64_t size) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    if (entry == nullptr) throw std::bad_alloc();
    const bool directory = name.ends_with('/');
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), directory ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry.get(), directory ? 0755 : 0644);
    archive_entry_set_size(entry.get(), static_cast<std::int64_t>(size));
    archive_entry_set_mtime(entry.get(), 0, 0); // the same images, the same bytes
    return tar.entry(entry.get());
}

std::unexpected<Error> damaged(const BlobDescriptor& blob) {
    return fail(Code::corrupt, "the stored blob '", blob.digest,
                "' is damaged: remove the image and pull or load it again");
}

Result<void> copy_blob(TarWriter& tar, const ContentStore& store, const ArchivePart& part,
                       const Cancellation& cancellation) {
    const BlobDescriptor& blob = *part.blob;
    RT_TRY_ASSIGN(const UniqueFd file, open_file(store.blob_path(blob.digest), O_RDONLY | O_NOFOLLOW));
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return fail_errno(errno, "look at the blob '", blob.digest, "'");
    if (static_cast<std::uint64_t>(status.st_size) != blob.size) return damaged(blob);
    RT_TRY(header(tar, part.name, blob.size));
    FdSource source(file.get());
    Sha256 hash;
    std::uint64_t copied = 0;
    for (;;) {
        RT_TRY(cancellation.check());
        RT_TRY_ASSIGN(const std::string_view block, source.next());
        if (block.empty()) break;
        copied += block.size();
        if (copied > blob.size) return damaged(blob);
        hash.add(block);
        RT_TRY(tar.data(block));
    }
    if (hash.digest() != blob.digest) return damaged(blob);
    return {};
}

} // namespace

Result<void> write_archive(const ContentStore& store, const std::vector<ArchivePart>& parts, int out,
                           const Cancellation& cancellation) {
    TarWriter tar(out);
    for (const ArchivePart& part : parts) {
        RT_TRY(cancellation.check());
        if (part.blob) {
            RT_TRY(copy_blob(tar, store, part, cancellation));
        } else {
            RT_TRY(header(tar, part.name, part.content.size()));
            RT_TRY(tar.data(part.content));
        }
    }
    return tar.finish();
}

} // namespace rt::image
