// SPDX-License-Identifier: Apache-2.0
// Blobs by digest, as files: root/blobs/sha256/<hex> is complete and verified; root/blobs/ingest/ holds what
// is on its way there (<hex>.part: a download that can go on). The files are the record, there is no table of
// them. Plain values; any thread, any process.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/lock_file.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

class ContentStore {
public:
    // Makes the directories below root.
    static Result<ContentStore> open(const Path& root);

    [[nodiscard]] Path blob_path(std::string_view digest) const;
    [[nodiscard]] bool has(std::string_view digest) const;
    [[nodiscard]] Result<std::string> read(std::string_view digest, std::size_t limit) const;
    [[nodiscard]] Result<void> remove(std::string_view digest) const;
    [[nodiscard]] Result<std::vector<std::string>> list() const; // digests

    [[nodiscard]] Path part_path(std::string_view digest) const;
    // A file of a name that nobody else uses, for content whose digest is not known yet.
    [[nodiscard]] Path scratch_path() const;
    // Gives a complete, verified file its final name; an older one of the same digest is replaced.
    [[nodiscard]] Result<void> adopt(const Path& file, std::string_view digest) const;
    // One process fetches a blob, the others wait and then find it.
    [[nodiscard]] Result<LockFile> lock(std::string_view name, const Patience& patience) const;

    // Removes scratch files, lock files and downloads that nobody went on with for a week. Only while nobody
    // else brings anything in.
    void clean_ingest() const;

private:
    explicit ContentStore(Path root) : root_(std::move(root)) {}
    Path root_; // .../blobs
};

} // namespace rt
