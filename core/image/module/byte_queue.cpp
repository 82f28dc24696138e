// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/byte_queue.hpp"

#include <algorithm>
#include <cstring>

namespace rt::image {

std::optional<ByteQueue::Room> ByteQueue::room() {
    if (!writing_.data) {
        std::unique_lock lock(mutex_);
        if (empty_.empty() && blocks_ < kBlocks) {
            ++blocks_;
            lock.unlock();
            writing_.data = std::make_unique_for_overwrite<char[]>(kBlockSize);
        } else {
            changed_.wait(lock, [&] { return abandoned_ || !empty_.empty(); });
            if (abandoned_) return std::nullopt;
            writing_ = std::move(empty_.back());
            empty_.pop_back();
        }
        writing_.used = 0;
    }
    return Room{writing_.data.get() + writing_.used, kBlockSize - writing_.used};
}

void ByteQueue::filled(std::size_t size) {
    writing_.used += size;
    if (writing_.used == kBlockSize) push();
}

void ByteQueue::push() {
    const std::lock_guard lock(mutex_);
    full_.push_back(std::move(writing_));
    writing_ = {};
    changed_.notify_all();
}

Result<void> ByteQueue::write(std::string_view data) {
    while (!data.empty()) {
        const auto space = room();
        if (!space) return fail(Code::cancelled, "the reader of the stream has stopped");
        const std::size_t count = std::min(space->size, data.size());
        std::memcpy(space->data, data.data(), count);
        filled(count);
        data.remove_prefix(count);
    }
    return {};
}

void ByteQueue::close(Result<void> outcome) {
    if (writing_.data && writing_.used != 0) push();
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.notify_all();
}

Result<std::string_view> ByteQueue::next() {
    std::unique_lock lock(mutex_);
    if (reading_.data) {
        empty_.push_back(std::move(reading_));
        reading_ = {};
        changed_.notify_all();
    }
    changed_.wait(lock, [&] { return !full_.empty() || outcome_; });
    if (full_.empty()) {
        if (!*outcome_) return std::unexpected(outcome_->error());
        return std::string_view();
    }
    reading_ = std::move(full_.front());
    full_.pop_front();
    return std::string_view(reading_.data.get(), reading_.used);
}

void ByteQueue::abandon() {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
}

} // namespace rt::image
