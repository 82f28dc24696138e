// SPDX-License-Identifier: Apache-2.0
#include "log_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace rt::shim {
namespace {

// Above the longest line (a piece of 16 KiB, all escaped), and above malloc's threshold for mmap (see
// main.cpp), so that giving it back gives it back to the host.
constexpr std::size_t kBufferSize = 128U << 10U;
static_assert(kBufferSize > kLongestPiece * 6 + 256);

// The size of the file without a torn line at its end.
Result<std::int64_t> whole_size(int fd, std::int64_t size, const Path& path) {
    std::array<char, 4096> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): pread fills it
    while (size > 0) {
        const auto part = std::min<std::int64_t>(size, static_cast<std::int64_t>(buffer.size()));
        const ssize_t count = ::pread(fd, buffer.data(), static_cast<std::size_t>(part), size - part);
        if (count != part) return fail_errno(count < 0 ? errno : EIO, "read log file '", path.native(), "'");
        const std::string_view text(buffer.data(), static_cast<std::size_t>(part));
        if (const std::size_t newline = text.rfind('\n'); newline != std::string_view::npos)
            return size - part + static_cast<std::int64_t>(newline) + 1;
        size -= part;
    }
    return 0;
}

} // namespace

Result<void> LogWriter::open(const Path& path) {
    RT_TRY_ASSIGN(fd_, open_file(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0640));
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) return fail_errno(errno, "look at log file '", path.native(), "'");
    if (!S_ISREG(status.st_mode))
        return fail(Code::failed_precondition, "log file '", path.native(), "' is not a regular file");
    RT_TRY_ASSIGN(size_, whole_size(fd_.get(), status.st_size, path));
    if (size_ < status.st_size && ::ftruncate(fd_.get(), size_) != 0)
        return fail_errno(errno, "cut a torn line off log file '", path.native(), "'");
    return {};
}

char* LogWriter::room(std::size_t size) {
    if (!buffer_) buffer_.reset(new char[kBufferSize]); // NOLINT: make_unique would touch all of it
    if (kBufferSize - end_ < size) flush();
    return buffer_.get() + end_;
}

void LogWriter::write(Stream stream, std::string_view data, std::int64_t time_ns) {
    if (!fd_) return;
    lines_.add(stream, data, time_ns);
    flush();
}

void LogWriter::finish(std::int64_t time_ns) {
    if (!fd_) return;
    lines_.finish(Stream::out, time_ns);
    lines_.finish(Stream::error, time_ns);
    flush();
    fd_.reset();
}

// Takes a torn line off the file's end. Where that fails (an I/O error) nothing is written until it works.
void LogWriter::mend() {
    if (torn_ && ::ftruncate(fd_.get(), size_) == 0) torn_ = false;
}

void LogWriter::flush() {
    if (torn_) mend();
    std::string_view rest(buffer_.get(), end_);
    end_ = 0;
    std::int64_t written = 0;
    while (!rest.empty()) {
        const ssize_t count = torn_ ? -1 : ::write(fd_.get(), rest.data(), rest.size());
        if (count < 0 && !torn_ && errno == EINTR) continue;
        if (count < 0) return lose(rest, written);
        written += count;
        rest.remove_prefix(static_cast<std::size_t>(count));
    }
    size_ += written;
}

// The disk took `written` bytes of the batch, perhaps a part of a line: that is taken back.
void LogWriter::lose(std::string_view unwritten, std::int64_t written) {
    if (!torn_) last_errno_ = errno;
    const std::string_view before(buffer_.get(), static_cast<std::size_t>(written));
    const std::size_t newline = before.rfind('\n');
    const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
    size_ += static_cast<std::int64_t>(whole);
    if (whole < before.size() && ::ftruncate(fd_.get(), size_) != 0)
        last_errno_ = errno; // a torn line is all that can come of it
    lines_lost_ += static_cast<std::uint64_t>(std::ranges::count(unwritten, '\n'));
}

} // namespace rt::shim
