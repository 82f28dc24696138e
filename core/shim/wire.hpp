// SPDX-License-Identifier: Apache-2.0
// The binary encoding below the messages: little-endian whole numbers, texts and lists with their length in
// front. A Decoder never reads past its end; after the first thing that does not fit it only gives empty
// values, and finish() says so. Values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt::shim {

class Encoder {
public:
    template <std::unsigned_integral Int>
    Encoder& number(Int value) {
        for (std::size_t i = 0; i < sizeof(Int); ++i)
            out_ += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
        return *this;
    }
    Encoder& flag(bool value) { return number(static_cast<std::uint8_t>(value)); }
    Encoder& time(std::int64_t value) { return number(static_cast<std::uint64_t>(value)); }
    Encoder& text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        out_ += value;
        return *this;
    }
    Encoder& texts(const std::vector<std::string>& values) {
        number(static_cast<std::uint32_t>(values.size()));
        for (const std::string& value : values) text(value);
        return *this;
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

class Decoder {
public:
    explicit Decoder(std::string_view in) : in_(in) {}

    template <std::unsigned_integral Int>
    Int number() {
        if (!take(sizeof(Int))) return 0;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < sizeof(Int); ++i)
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(taken_[i])) << (8 * i);
        return static_cast<Int>(value);
    }
    bool flag() {
        const auto value = number<std::uint8_t>();
        if (value > 1) failed_ = true;
        return value == 1;
    }
    std::int64_t time() { return static_cast<std::int64_t>(number<std::uint64_t>()); }
    // Texts go on as C strings: one with a NUL inside is refused.
    std::string text() {
        if (!take(number<std::uint32_t>())) return {};
        if (taken_.find('\0') != std::string_view::npos) failed_ = true;
        return std::string(taken_);
    }
    // How many items follow; each takes at least `smallest` bytes.
    std::size_t count(std::size_t smallest) {
        const auto items = number<std::uint32_t>();
        if (items > in_.size() / smallest) failed_ = true;
        return failed_ ? 0 : items;
    }
    std::vector<std::string> texts() {
        std::vector<std::string> values(count(sizeof(std::uint32_t)));
        for (std::string& value : values) value = text();
        return values;
    }
    [[nodiscard]] bool at_end() const { return in_.empty(); }
    [[nodiscard]] Result<void> finish(std::string_view what) const {
        if (failed_ || !in_.empty())
            return fail(Code::corrupt, "the shim's protocol: a malformed '", what, "'");
        return {};
    }

private:
    bool take(std::size_t size) {
        if (failed_ || size > in_.size()) {
            failed_ = true;
            return false;
        }
        taken_ = in_.substr(0, size);
        in_.remove_prefix(size);
        return true;
    }

    std::string_view in_;
    std::string_view taken_;
    bool failed_ = false;
};

} // namespace rt::shim
