// SPDX-License-Identifier: Apache-2.0
// Writes the entries of a tar to a descriptor or a sink through libarchive. One thread each.
#pragma once

#include "core/image/module/byte_queue.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <clocale>

#include <optional>
#include <string_view>

namespace rt::image {

class TarWriter {
public:
    explicit TarWriter(int out);       // borrowed
    explicit TarWriter(ByteSink& out); // borrowed
    TarWriter(const TarWriter&) = delete;
    TarWriter& operator=(const TarWriter&) = delete;
    ~TarWriter();

    Result<void> entry(archive_entry* entry);
    Result<void> data(std::string_view data);
    Result<void> zeros(std::int64_t size);
    Result<void> finish(); // the end mark; without it readers see that something is missing

private:
    static la_ssize_t write(archive* archive, void* self, const void* data, std::size_t size);
    std::unexpected<Error> problem();

    int out_ = -1;
    ByteSink* sink_ = nullptr;
    std::optional<Error> refused_; // by the sink
    archive* archive_;
    locale_t locale_;
    bool opened_ = false;
    int errno_ = 0; // of the descriptor
};

} // namespace rt::image
