// SPDX-License-Identifier: Apache-2.0
// How bytes get into the content store: written to a file below ingest/ and hashed as they come, and given
// their final name only when they are complete and what they should be. One thread each.
#pragma once

#include "core/image/content_store.hpp"
#include "core/image/module/byte_queue.hpp"
#include "core/image/module/sha256.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace rt::image {

class FdSource final : public ByteSource {
public:
    explicit FdSource(int fd); // borrowed
    Result<std::string_view> next() override;

private:
    int fd_;
    std::unique_ptr<char[]> buffer_;
};

// A ByteSink into a blob, with a second sink behind it (borrowed, may be null).
class BlobIntake final : public ByteSink {
public:
    // A download that can go on: what is in the part file already goes through the sinks first.
    static Result<BlobIntake> resume(const ContentStore& store, const std::string& digest, ByteSink* behind);
    // Content whose digest is not known yet; the file is removed unless finish() was called.
    static Result<BlobIntake> begin(const ContentStore& store, ByteSink* behind);

    BlobIntake(BlobIntake&&) noexcept;
    BlobIntake& operator=(BlobIntake&&) = delete;
    ~BlobIntake() override;

    Result<void> write(std::string_view data) override;
    [[nodiscard]] std::uint64_t size() const { return size_; }

    // Checks the digest (unless expected is empty) and makes it a blob. corrupt: it is something else;
    // nothing is left of it.
    Result<std::string> finish(const std::string& expected);

private:
    BlobIntake(const ContentStore& store, Path file, UniqueFd fd, ByteSink* behind, bool keep)
        : store_(&store), file_(std::move(file)), fd_(std::move(fd)), behind_(behind), keep_(keep) {}

    const ContentStore* store_;
    Path file_;
    UniqueFd fd_;
    ByteSink* behind_;
    bool keep_; // the unfinished file, to go on with it
    std::uint64_t size_ = 0;
    Sha256 hash_;
};

} // namespace rt::image
