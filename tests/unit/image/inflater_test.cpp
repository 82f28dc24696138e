// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/inflater.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <thread>

namespace rt::image {
namespace {

// Hands out text in pieces of one size.
class Pieces final : public ByteSource {
public:
    Pieces(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
    Result<std::string_view> next() override {
        const auto piece = std::string_view(text_).substr(at_, size_);
        at_ += piece.size();
        return piece;
    }

private:
    std::string text_;
    std::size_t size_;
    std::size_t at_ = 0;
};

std::string content() {
    std::string text;
    for (unsigned i = 0, x = 1; i < 200'000; ++i, x = x * 1664525U + 1013904223U)
        text += "abcdefgh"[x >> 29U];
    return text;
}

std::string compressed(const std::string& text, int (*add_filter)(archive*)) {
    std::string out(2 * text.size() + 65536, '\0');
    std::size_t used = 0;
    archive* const writer = archive_write_new();
    add_filter(writer);
    archive_write_set_format_raw(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, text.data(), text.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    out.resize(used);
    return out;
}

Result<std::string> inflated(const std::string& bytes, std::size_t piece) {
    Pieces source(bytes, piece);
    RT_TRY_ASSIGN(const auto inflater, Inflater::open(source));
    std::string text;
    for (;;) {
        RT_TRY_ASSIGN(const std::string_view block, inflater->next());
        if (block.empty()) return text;
        text.append(block);
    }
}

const struct {
    const char* name;
    int (*filter)(archive*);
    Compression compression;
} kFilters[] = {{"none", archive_write_add_filter_none, Compression::none},
                {"gzip", archive_write_add_filter_gzip, Compression::gzip},
                {"zstd", archive_write_add_filter_zstd, Compression::zstd},
                {"xz", archive_write_add_filter_xz, Compression::xz},
                {"bzip2", archive_write_add_filter_bzip2, Compression::bzip2}};

TEST(Inflater, GivesBackWhatWasPacked) {
    const std::string text = content();
    for (const auto& filter : kFilters)
        for (const std::size_t piece : {std::size_t{100}, std::size_t{4096}, std::size_t{1} << 20U}) {
            SCOPED_TRACE(filter.name);
            const std::string bytes = compressed(text, filter.filter);
            EXPECT_EQ(detect_compression(bytes), filter.compression);
            const auto out = inflated(bytes, piece);
            ASSERT_TRUE(out) << out.error().message;
            EXPECT_TRUE(*out == text);
        }
}

TEST(Inflater, ReadsSeveralGzipMembersAndPadding) {
    const std::string one = compressed("first", archive_write_add_filter_gzip);
    const std::string two = compressed("second", archive_write_add_filter_gzip);
    for (const std::size_t piece : {1, 7, 4096}) {
        const auto out = inflated(one + two + std::string(100, '\0'), piece);
        ASSERT_TRUE(out) << out.error().message;
        EXPECT_EQ(*out, "firstsecond");
    }
}

TEST(Inflater, SaysWhenTheDataIsDamagedOrCutOff) {
    const std::string text = content();
    for (const auto& filter : kFilters) {
        if (filter.compression == Compression::none) continue;
        SCOPED_TRACE(filter.name);
        const std::string bytes = compressed(text, filter.filter);
        EXPECT_EQ(inflated(bytes.substr(0, bytes.size() / 2), 4096).error().code, Code::corrupt);
        std::string damaged = bytes;
        for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) damaged[i] = '\x55';
        EXPECT_EQ(inflated(damaged, 4096).error().code, Code::corrupt);
    }
    const std::string gzip = compressed(text, archive_write_add_filter_gzip);
    EXPECT_EQ(inflated(gzip + "rubbish", 4096).error().code, Code::corrupt);
    for (std::size_t size = 1; size < 20; ++size)
        EXPECT_FALSE(inflated(gzip.substr(0, gzip.size() - size), 4096)) << size;
}

TEST(ByteQueue, CarriesEverythingInOrder) {
    ByteQueue queue;
    const std::string text = content();
    std::thread writer([&] {
        for (int i = 0; i < 100; ++i)
            if (!queue.write(text)) break;
        queue.close({});
    });
    std::size_t size = 0;
    for (;;) {
        const auto block = queue.next();
        ASSERT_TRUE(block);
        if (block->empty()) break;
        for (std::size_t i = 0; i < block->size(); i += 977)
            ASSERT_EQ((*block)[i], text[(size + i) % text.size()]);
        size += block->size();
    }
    writer.join();
    EXPECT_EQ(size, 100 * text.size());
}

TEST(ByteQueue, TellsTheWriterThatNobodyReads) {
    ByteQueue queue;
    queue.abandon();
    Result<void> outcome;
    const std::string block(ByteQueue::kBlockSize, 'x');
    for (std::size_t i = 0; outcome && i < 10 * ByteQueue::kBlocks; ++i) outcome = queue.write(block);
    EXPECT_EQ(outcome.error().code, Code::cancelled);
}

TEST(ByteQueue, TellsTheReaderWhatTheWriterMet) {
    ByteQueue queue;
    ASSERT_TRUE(queue.write("abc"));
    queue.close(fail(Code::corrupt, "broken"));
    EXPECT_EQ(*queue.next(), "abc");
    EXPECT_EQ(queue.next().error().code, Code::corrupt);
}

} // namespace
} // namespace rt::image
