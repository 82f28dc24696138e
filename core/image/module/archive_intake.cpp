// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/archive_intake.hpp"

#include "core/base/text.hpp"
#include "core/image/module/blob_intake.hpp"
#include "core/image/module/inflater.hpp"
#include "core/image/module/tar_reader.hpp"
#include "core/image/module/tree_position.hpp"

namespace rt::image {
namespace {

constexpr std::size_t kMostFiles = 100'000;

// What a link in the archive stands for, as a name in the archive; only the names count, nothing is followed.
std::string resolve_link(const std::string& name, std::string_view target, bool relative_to_link) {
    std::vector<std::string_view> parts;
    const std::string path =
        relative_to_link && !target.starts_with('/')
            ? cat(name.substr(0, name.rfind('/') == std::string::npos ? 0 : name.rfind('/')), "/", target)
            : std::string(target);
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto part = std::string_view(path).substr(at, end - at);
        at = end + 1;
        if (part.empty() || part == ".") continue;
        if (part != "..")
            parts.push_back(part);
        else if (!parts.empty())
            parts.pop_back();
    }
    return joined(parts, "/");
}

Result<BlobDescriptor> take_member(const ContentStore& store, TarReader& tar,
                                   const Cancellation& cancellation) {
    RT_TRY_ASSIGN(BlobIntake intake, BlobIntake::begin(store, nullptr));
    for (;;) {
        RT_TRY_ASSIGN(const auto piece, tar.data());
        if (!piece) break;
        RT_TRY(cancellation.check());
        // A sparse file in an image archive: nobody makes one, and holes would make the disk's use unbounded.
        if (static_cast<std::uint64_t>(piece->offset) != intake.size())
            return fail(Code::unsupported, "the archive holds a sparse file: pack it without");
        RT_TRY(intake.write(piece->data));
    }
    BlobDescriptor blob{{}, {}, intake.size()};
    RT_TRY_ASSIGN(blob.digest, intake.finish({}));
    return blob;
}

} // namespace

Result<ArchiveContent> take_archive(const ContentStore& store, int stream, const Cancellation& cancellation) {
    FdSource file(stream);
    RT_TRY_ASSIGN(const auto bytes, Inflater::open(file));
    TarReader tar(*bytes);
    ArchiveContent content;
    std::map<std::string, std::string> links;
    for (std::size_t count = 0;; ++count) {
        RT_TRY_ASSIGN(archive_entry* const entry, tar.next());
        if (entry == nullptr) break;
        if (count == kMostFiles)
            return fail(Code::resource_exhausted, "the archive holds more than ", kMostFiles, " files");
        const char* const path = archive_entry_pathname(entry);
        if (path == nullptr) return fail(Code::corrupt, "the archive holds a file without a name");
        RT_TRY_ASSIGN(const auto parts, split_path(path));
        const std::string name = joined(parts, "/");
        if (const char* const target = archive_entry_hardlink(entry); target != nullptr) {
            links[name] = resolve_link(name, target, false);
        } else if (archive_entry_filetype(entry) == AE_IFLNK) {
            const char* const text = archive_entry_symlink(entry);
            links[name] = resolve_link(name, text == nullptr ? "" : text, true);
        } else if (archive_entry_filetype(entry) == AE_IFREG) {
            RT_TRY_ASSIGN(content.files[name], take_member(store, tar, cancellation));
        }
    }
    for (const auto& [name, target] : links)
        if (const auto found = content.files.find(target); found != content.files.end())
            content.files[name] = found->second;
    return content;
}

Result<BlobDescriptor> take_file(const ContentStore& store, int stream, const Cancellation& cancellation) {
    RT_TRY_ASSIGN(BlobIntake intake, BlobIntake::begin(store, nullptr));
    FdSource file(stream);
    for (;;) {
        RT_TRY(cancellation.check());
        RT_TRY_ASSIGN(const std::string_view block, file.next());
        if (block.empty()) break;
        RT_TRY(intake.write(block));
    }
    BlobDescriptor blob{{}, {}, intake.size()};
    RT_TRY_ASSIGN(blob.digest, intake.finish({}));
    return blob;
}

} // namespace rt::image
