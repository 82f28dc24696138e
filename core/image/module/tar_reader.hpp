// SPDX-License-Identifier: Apache-2.0
// The entries of a tar, read by libarchive (ustar, pax, GNU; sparse files, extended attributes, long names,
// large numbers). It only reads: nothing of libarchive writes to a disk here. One thread each.
#pragma once

#include "core/image/module/byte_queue.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <clocale>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace rt::image {

class TarReader {
public:
    // source is borrowed, and is not read to its end: what follows the end mark of the tar stays in it.
    explicit TarReader(ByteSource& source);
    TarReader(const TarReader&) = delete;
    TarReader& operator=(const TarReader&) = delete;
    ~TarReader();

    // The next entry, valid until the next call; nullptr: the end. corrupt: damaged, or ends too early.
    Result<archive_entry*> next();

    struct Piece {
        std::string_view data;
        std::int64_t offset; // in the file: what is left out is a hole
    };
    // The next piece of the entry's content; an empty optional: the end.
    Result<std::optional<Piece>> data();

private:
    static la_ssize_t read(archive* archive, void* self, const void** data);
    std::unexpected<Error> problem(std::string_view what);

    ByteSource& source_;
    archive* archive_;
    locale_t locale_;
    bool opened_ = false;
    std::optional<Error> source_error_;
};

} // namespace rt::image
