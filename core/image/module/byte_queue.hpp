// SPDX-License-Identifier: Apache-2.0
// A stream of bytes from one thread to another in large blocks that are used again and again. Either end may
// close it: the writer with its error or the end of the data, the reader when it wants no more.
#pragma once

#include "core/base/error.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace rt::image {

// Where a stage of the pipeline reads: blocks, each valid until the next call; an empty one is the end.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    virtual Result<std::string_view> next() = 0;
};

// Where a stage of the pipeline writes.
class ByteSink {
public:
    virtual ~ByteSink() = default;
    virtual Result<void> write(std::string_view data) = 0;
};

class ByteQueue final : public ByteSource, public ByteSink {
public:
    static constexpr std::size_t kBlockSize = 256U << 10U;
    static constexpr std::size_t kBlocks = 16;

    // --- writer ---
    // A block to fill; empty when the reader wants no more.
    struct Room {
        char* data;
        std::size_t size;
    };
    std::optional<Room> room();
    void filled(std::size_t size); // of the block that room() gave
    // Copies; cancelled when the reader wants no more.
    Result<void> write(std::string_view data) override;
    void close(Result<void> outcome); // the end of the data, or why there is no more

    // --- reader ---
    Result<std::string_view> next() override;
    void abandon();

private:
    struct Block {
        std::unique_ptr<char[]> data;
        std::size_t used = 0;
    };
    void push();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Block> full_;
    std::vector<Block> empty_;
    std::size_t blocks_ = 0;
    Block writing_;
    Block reading_;
    bool abandoned_ = false;
    std::optional<Result<void>> outcome_;
};

} // namespace rt::image
