// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/tar_writer.hpp"

#include <locale.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

namespace rt::image {

TarWriter::TarWriter(ByteSink& out) : TarWriter(-1) {
    sink_ = &out;
}

TarWriter::TarWriter(int out)
    : out_(out), archive_(archive_write_new()),
      locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr))) {
    if (archive_ == nullptr) throw std::bad_alloc();
    archive_write_set_format_pax_restricted(archive_);
    archive_write_set_bytes_in_last_block(archive_, 1);
}

TarWriter::~TarWriter() {
    // Without this a writer that gives up would still write the end mark.
    archive_write_fail(archive_);
    archive_write_free(archive_);
    if (locale_ != nullptr) ::freelocale(locale_);
}

la_ssize_t TarWriter::write(archive* archive, void* self, const void* data, std::size_t size) {
    auto* const writer = static_cast<TarWriter*>(self);
    if (writer->sink_ != nullptr) {
        if (auto taken = writer->sink_->write({static_cast<const char*>(data), size}); !taken) {
            writer->refused_ = std::move(taken).error();
            archive_set_error(archive, EIO, "refused");
            return -1;
        }
        return static_cast<la_ssize_t>(size);
    }
    for (;;) {
        const ssize_t count = ::write(writer->out_, data, size);
        if (count >= 0) return count;
        if (errno == EINTR) continue;
        writer->errno_ = errno;
        archive_set_error(archive, errno, "write");
        return -1;
    }
}

std::unexpected<Error> TarWriter::problem() {
    if (refused_) return std::unexpected(*refused_);
    if (errno_ != 0) return fail_errno(errno_, "write the tar archive");
    const char* const text = archive_error_string(archive_);
    return fail(Code::internal, "write the tar archive: ", text == nullptr ? "unknown reason" : text);
}

Result<void> TarWriter::entry(archive_entry* entry) {
    // Names that are not ASCII go into pax headers, which are UTF-8: see TarReader.
    const locale_t before = ::uselocale(locale_ != nullptr ? locale_ : LC_GLOBAL_LOCALE);
    int result = ARCHIVE_OK;
    if (!opened_) {
        opened_ = true;
        result = archive_write_open(archive_, this, nullptr, write, nullptr);
    }
    if (result == ARCHIVE_OK) result = archive_write_header(archive_, entry);
    ::uselocale(before);
    // A warning is about a name that is not UTF-8: its bytes are written all the same.
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return problem();
    return {};
}

Result<void> TarWriter::data(std::string_view data) {
    while (!data.empty()) {
        const la_ssize_t count = archive_write_data(archive_, data.data(), data.size());
        if (count <= 0) return problem();
        data.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> TarWriter::zeros(std::int64_t size) {
    static constexpr std::array<char, 65536> kZeros{};
    while (size > 0) {
        const auto piece = std::min<std::int64_t>(size, kZeros.size());
        RT_TRY(data({kZeros.data(), static_cast<std::size_t>(piece)}));
        size -= piece;
    }
    return {};
}

Result<void> TarWriter::finish() {
    if (!opened_) {
        opened_ = true;
        if (archive_write_open(archive_, this, nullptr, write, nullptr) != ARCHIVE_OK) return problem();
    }
    if (archive_write_close(archive_) != ARCHIVE_OK) return problem();
    return {};
}

} // namespace rt::image
