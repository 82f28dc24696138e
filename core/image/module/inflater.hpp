// SPDX-License-Identifier: Apache-2.0
// Takes the compression off a stream: gzip by ISA-L, zstd, xz and bzip2 by libarchive, or none; which it is,
// the first bytes say. One thread each.
#pragma once

#include "core/image/module/byte_queue.hpp"

#include <memory>
#include <string_view>

namespace rt::image {

enum class Compression { none, gzip, zstd, xz, bzip2 };

Compression detect_compression(std::string_view first_bytes);

class Inflater : public ByteSource {
public:
    // Reads the first block. source is borrowed. corrupt: the stream is damaged or ends too early.
    static Result<std::unique_ptr<Inflater>> open(ByteSource& source);
    [[nodiscard]] virtual Compression compression() const = 0;
};

} // namespace rt::image
