// SPDX-License-Identifier: Apache-2.0
// What fuzz targets share. An input is bytes; most targets take it apart at NUL bytes or by its first byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace rt::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size}; // NOLINT: bytes as text
}

// What stands before the first NUL, and what comes after it.
inline std::pair<std::string_view, std::string_view> split(std::string_view text) {
    const auto end = text.find('\0');
    if (end == std::string_view::npos) return {text, {}};
    return {text.substr(0, end), text.substr(end + 1)};
}

// A law that does not hold is a finding like a crash.
inline void must(bool holds, const char* law) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", law);
    std::abort();
}

} // namespace rt::fuzz
