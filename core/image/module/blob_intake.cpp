// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/blob_intake.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace rt::image {

FdSource::FdSource(int fd)
    : fd_(fd), buffer_(std::make_unique_for_overwrite<char[]>(ByteQueue::kBlockSize)) {}

Result<std::string_view> FdSource::next() {
    for (;;) {
        const ssize_t count = ::read(fd_, buffer_.get(), ByteQueue::kBlockSize);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "read the archive");
        return std::string_view(buffer_.get(), static_cast<std::size_t>(count));
    }
}

BlobIntake::BlobIntake(BlobIntake&& other) noexcept
    : store_(other.store_), file_(std::exchange(other.file_, {})), fd_(std::move(other.fd_)),
      behind_(other.behind_), keep_(other.keep_), size_(other.size_), hash_(std::move(other.hash_)) {}

BlobIntake::~BlobIntake() {
    if (!file_.empty() && !keep_) ::unlink(file_.c_str());
}

Result<BlobIntake> BlobIntake::resume(const ContentStore& store, const std::string& digest,
                                      ByteSink* behind) {
    const Path file = store.part_path(digest);
    RT_TRY_ASSIGN(UniqueFd fd, open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW));
    BlobIntake intake(store, file, std::move(fd), behind, true);
    FdSource before(intake.fd_.get());
    for (;;) {
        RT_TRY_ASSIGN(const std::string_view block, before.next());
        if (block.empty()) return intake;
        intake.hash_.add(block);
        intake.size_ += block.size();
        if (behind != nullptr) RT_TRY(behind->write(block));
    }
}

Result<BlobIntake> BlobIntake::begin(const ContentStore& store, ByteSink* behind) {
    const Path file = store.scratch_path();
    RT_TRY_ASSIGN(UniqueFd fd, open_file(file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW));
    return BlobIntake(store, file, std::move(fd), behind, false);
}

Result<void> BlobIntake::write(std::string_view data) {
    if (auto written = write_all(fd_.get(), data, file_.native()); !written) {
        keep_ = false; // a full disk must not stay full of what nobody can use
        return written;
    }
    hash_.add(data);
    size_ += data.size();
    return behind_ == nullptr ? Result<void>() : behind_->write(data);
}

Result<std::string> BlobIntake::finish(const std::string& expected) {
    std::string digest = hash_.digest();
    if (!expected.empty() && digest != expected) {
        keep_ = false;
        return fail(Code::corrupt, "the blob '", expected, "' came as '", digest,
                    "': it was damaged on the way or where it is stored, and was thrown away");
    }
    RT_TRY(store_->adopt(file_, digest));
    file_.clear();
    return digest;
}

} // namespace rt::image
