// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/inflater.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace rt::image {
namespace {

constexpr std::size_t kOutputSize = 256U << 10U;
constexpr std::size_t kMagicSize = 6; // the longest, of xz

// Gives the first block, which was read to look at it, once more.
class Peeked final : public ByteSource {
public:
    explicit Peeked(ByteSource& source) : source_(source) {}
    Result<std::string_view> peek() {
        RT_TRY_ASSIGN(first_, source_.next());
        fresh_ = true;
        // A pipe may give less at first than it takes to see what it is.
        if (first_.size() >= kMagicSize || first_.empty()) return first_;
        head_ = first_;
        while (head_.size() < kMagicSize) {
            RT_TRY_ASSIGN(const std::string_view more, source_.next());
            if (more.empty()) break;
            head_ += more;
        }
        return first_ = head_;
    }
    Result<std::string_view> next() override {
        if (fresh_) {
            fresh_ = false;
            return first_;
        }
        return source_.next();
    }

private:
    ByteSource& source_;
    std::string_view first_;
    std::string head_;
    bool fresh_ = false;
};

class Plain final : public Inflater {
public:
    explicit Plain(std::unique_ptr<Peeked> source) : source_(std::move(source)) {}
    Result<std::string_view> next() override { return source_->next(); }
    [[nodiscard]] Compression compression() const override { return Compression::none; }

private:
    std::unique_ptr<Peeked> source_;
};

// RFC 1952: any number of members one after another. Zeroes after the last one are padding.
class Gzip final : public Inflater {
public:
    explicit Gzip(std::unique_ptr<Peeked> source)
        : source_(std::move(source)), output_(std::make_unique_for_overwrite<std::uint8_t[]>(kOutputSize)),
          state_(std::make_unique<inflate_state>()) {
        isal_inflate_init(state_.get());
        state_->crc_flag = ISAL_GZIP;
    }
    [[nodiscard]] Compression compression() const override { return Compression::gzip; }

    Result<std::string_view> next() override {
        state_->next_out = output_.get();
        state_->avail_out = kOutputSize;
        while (state_->avail_out == kOutputSize) {
            if (between_members_) {
                RT_TRY_ASSIGN(const bool more, enter_member());
                if (!more) return std::string_view();
                continue;
            }
            // Called before more input is asked for: there may be output that had no room before.
            if (const int result = isal_inflate(state_.get()); result < 0 || result == ISAL_NEED_DICT)
                return fail(Code::corrupt, "the gzip data is damaged (inflate error ", result, ")");
            if (state_->block_state == ISAL_BLOCK_FINISH)
                between_members_ = true;
            else if (state_->avail_out == kOutputSize && state_->avail_in == 0)
                RT_TRY(refill());
        }
        return std::string_view(reinterpret_cast<const char*>(output_.get()),
                                kOutputSize - state_->avail_out);
    }

private:
    Result<void> refill() {
        RT_TRY_ASSIGN(const std::string_view block, source_->next());
        if (block.empty() && !between_members_) return fail(Code::corrupt, "the gzip data ends too early");
        // isal_inflate does not write to its input.
        state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(block.data()));
        state_->avail_in = static_cast<std::uint32_t>(block.size());
        return {};
    }

    // False: the stream ends here.
    Result<bool> enter_member() {
        if (state_->avail_in == 0) RT_TRY(refill());
        if (state_->avail_in == 0) return false;
        if (*state_->next_in == 0) { // padding
            ++state_->next_in;
            --state_->avail_in;
            return true;
        }
        if (*state_->next_in != 0x1f)
            return fail(Code::corrupt, "something that is not gzip follows the gzip data");
        between_members_ = false;
        isal_inflate_reset(state_.get());
        state_->crc_flag = ISAL_GZIP;
        return true;
    }

    std::unique_ptr<Peeked> source_;
    std::unique_ptr<std::uint8_t[]> output_;
    std::unique_ptr<inflate_state> state_;
    bool between_members_ = false;
};

class Filtered final : public Inflater {
public:
    Filtered(std::unique_ptr<Peeked> source, Compression compression)
        : source_(std::move(source)), compression_(compression), archive_(archive_read_new()) {}
    Filtered(const Filtered&) = delete;
    Filtered& operator=(const Filtered&) = delete;
    ~Filtered() override { archive_read_free(archive_); }
    [[nodiscard]] Compression compression() const override { return compression_; }

    Result<void> begin() {
        archive_read_support_filter_zstd(archive_);
        archive_read_support_filter_xz(archive_);
        archive_read_support_filter_bzip2(archive_);
        archive_read_support_format_raw(archive_);
        archive_entry* entry = nullptr;
        if (archive_read_open(archive_, this, nullptr, read, nullptr) != ARCHIVE_OK) return problem();
        const int result = archive_read_next_header(archive_, &entry);
        if (result == ARCHIVE_EOF)
            at_end_ = true; // nothing in it
        else if (result != ARCHIVE_OK)
            return problem();
        return {};
    }

    Result<std::string_view> next() override {
        if (at_end_) return std::string_view();
        const void* data = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        int result = ARCHIVE_OK;
        do result = archive_read_data_block(archive_, &data, &size, &offset);
        while (result == ARCHIVE_OK && size == 0);
        if (result == ARCHIVE_OK) return std::string_view(static_cast<const char*>(data), size);
        if (result != ARCHIVE_EOF) return problem();
        at_end_ = true;
        return std::string_view();
    }

private:
    static la_ssize_t read(archive* archive, void* self, const void** data) {
        auto* const filtered = static_cast<Filtered*>(self);
        auto block = filtered->source_->next();
        if (!block) {
            archive_set_error(archive, EIO, "%s", block.error().message.c_str());
            filtered->source_error_ = std::move(block).error();
            return ARCHIVE_FATAL;
        }
        *data = block->data();
        return static_cast<la_ssize_t>(block->size());
    }

    std::unexpected<Error> problem() {
        if (source_error_) return std::unexpected(*source_error_);
        const char* const text = archive_error_string(archive_);
        return fail(Code::corrupt,
                    "the compressed data is damaged or ends too early: ", text == nullptr ? "unknown" : text);
    }

    std::unique_ptr<Peeked> source_;
    Compression compression_;
    archive* archive_;
    bool at_end_ = false;
    std::optional<Error> source_error_;
};

} // namespace

Compression detect_compression(std::string_view first_bytes) {
    using namespace std::string_view_literals;
    if (first_bytes.starts_with("\x1f\x8b"sv)) return Compression::gzip;
    if (first_bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::zstd;
    if (first_bytes.starts_with("\xfd"
                                "7zXZ\0"sv))
        return Compression::xz;
    if (first_bytes.starts_with("BZh"sv)) return Compression::bzip2;
    return Compression::none;
}

Result<std::unique_ptr<Inflater>> Inflater::open(ByteSource& source) {
    auto peeked = std::make_unique<Peeked>(source);
    RT_TRY_ASSIGN(const std::string_view first, peeked->peek());
    const Compression compression = detect_compression(first);
    if (compression == Compression::none) return std::make_unique<Plain>(std::move(peeked));
    if (compression == Compression::gzip) return std::make_unique<Gzip>(std::move(peeked));
    auto filtered = std::make_unique<Filtered>(std::move(peeked), compression);
    RT_TRY(filtered->begin());
    return filtered;
}

} // namespace rt::image
