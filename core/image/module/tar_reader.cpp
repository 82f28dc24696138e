// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/tar_reader.hpp"

#include <locale.h>

#include <cerrno>
#include <new>

namespace rt::image {
namespace {

// libarchive looks at the thread's locale when it converts the UTF-8 names of pax headers; in UTF-8 they stay
// as they are, whatever the locale of the program is.
class ScopedLocale {
public:
    explicit ScopedLocale(locale_t locale) : before_(::uselocale(locale)) {}
    ScopedLocale(const ScopedLocale&) = delete;
    ScopedLocale& operator=(const ScopedLocale&) = delete;
    ~ScopedLocale() { ::uselocale(before_); }

private:
    locale_t before_;
};

} // namespace

TarReader::TarReader(ByteSource& source)
    : source_(source), archive_(archive_read_new()),
      locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr))) {
    if (archive_ == nullptr) throw std::bad_alloc();
    archive_read_support_format_tar(archive_);
    archive_read_support_format_empty(archive_);
}

TarReader::~TarReader() {
    archive_read_free(archive_);
    if (locale_ != nullptr) ::freelocale(locale_);
}

la_ssize_t TarReader::read(archive* archive, void* self, const void** data) {
    auto* const reader = static_cast<TarReader*>(self);
    auto block = reader->source_.next();
    if (!block) {
        archive_set_error(archive, EIO, "%s", block.error().message.c_str());
        reader->source_error_ = std::move(block).error();
        return ARCHIVE_FATAL;
    }
    *data = block->data();
    return static_cast<la_ssize_t>(block->size());
}

std::unexpected<Error> TarReader::problem(std::string_view what) {
    if (source_error_) return std::unexpected(*source_error_);
    const char* const text = archive_error_string(archive_);
    return fail(Code::corrupt, what, ": ", text == nullptr ? "the archive is damaged" : text);
}

Result<archive_entry*> TarReader::next() {
    const ScopedLocale scoped(locale_ != nullptr ? locale_ : LC_GLOBAL_LOCALE);
    if (!opened_) {
        opened_ = true;
        if (archive_read_open(archive_, this, nullptr, read, nullptr) != ARCHIVE_OK)
            return problem("read the tar archive");
    }
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(archive_, &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    // A warning is about a name or attribute that is not UTF-8: the bytes are there all the same.
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return entry;
    return problem("read the tar archive");
}

Result<std::optional<TarReader::Piece>> TarReader::data() {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(archive_, &data, &size, &offset);
    if (result == ARCHIVE_EOF) return std::nullopt;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return problem("read a file in the tar archive");
    return Piece{std::string_view(static_cast<const char*>(data), size), offset};
}

} // namespace rt::image
