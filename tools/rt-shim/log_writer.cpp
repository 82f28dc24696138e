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
static_assert(kBufferSize > kLongestPiece * 6 + kMostLogAttributes + 256);
constexpr std::int64_t kLookEvery = 1'000'000'000; // ns; whether the file is still there

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

Result<void> LogWriter::open(const rt::ShimLog& log) {
    log_ = log;
    lines_lost_ = 0;
    last_errno_ = 0;
    torn_ = false;
    end_ = 0;
    rotate_at_ = log.max_size;
    looked_at_ = 0;
    if (log.attributes.size() > kMostLogAttributes)
        return fail(Code::invalid_argument, "the attributes of the log lines are ", log.attributes.size(),
                    " bytes long: there is room for ", kMostLogAttributes);
    lines_.set_attributes(log.attributes);
    return open_file_of_log();
}

Result<void> LogWriter::open_file_of_log() {
    const Path& path = log_.file;
    RT_TRY_ASSIGN(fd_, open_file(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0640));
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) return fail_errno(errno, "look at log file '", path.native(), "'");
    if (!S_ISREG(status.st_mode))
        return fail(Code::failed_precondition, "log file '", path.native(), "' is not a regular file");
    RT_TRY_ASSIGN(size_, whole_size(fd_.get(), status.st_size, path));
    if (size_ < status.st_size && ::ftruncate(fd_.get(), size_) != 0)
        return fail_errno(errno, "cut a torn line off log file '", path.native(), "'");
    open_ = true;
    return {};
}

char* LogWriter::room(std::size_t size) {
    if (!buffer_) buffer_.reset(new char[kBufferSize]); // NOLINT: make_unique would touch all of it
    if (kBufferSize - end_ < size) flush();
    return buffer_.get() + end_;
}

void LogWriter::write(Stream stream, std::string_view data, std::int64_t time_ns) {
    if (!open_) return;
    look_for_file(time_ns);
    lines_.add(stream, data, time_ns);
    flush();
}

void LogWriter::finish(std::int64_t time_ns) {
    if (!open_) return;
    lines_.finish(Stream::out, time_ns);
    lines_.finish(Stream::error, time_ns);
    flush();
    fd_.reset();
    open_ = false;
}

// Somebody may have removed the file, or its directory: what is written then nobody can read. A new one is
// begun, as soon as that can be; until then lines are lost.
void LogWriter::look_for_file(std::int64_t time_ns) {
    if (time_ns - looked_at_ < kLookEvery && time_ns >= looked_at_) return;
    looked_at_ = time_ns;
    struct stat status{};
    if (fd_ && ::fstat(fd_.get(), &status) == 0 && status.st_nlink > 0) return;
    fd_.reset();
    if (const auto opened = open_file_of_log(); !opened) {
        fd_.reset();
        last_errno_ = opened.error().sys_errno;
    } else {
        torn_ = false;
    }
}

// Takes a torn line off the file's end. Where that fails (an I/O error) nothing is written until it works.
void LogWriter::mend() {
    if (torn_ && ::ftruncate(fd_.get(), size_) == 0) torn_ = false;
}

// The lines of the batch that still go into this file: up to the one that makes it full.
std::size_t LogWriter::room_in_file(std::string_view lines) const {
    if (rotate_at_ <= 0) return lines.size();
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(rotate_at_ - size_, 1));
    if (room >= lines.size()) return lines.size();
    return lines.find('\n', room - 1) + 1; // every line has its end
}

void LogWriter::flush() {
    if (torn_ && fd_) mend();
    std::string_view batch(buffer_.get(), end_);
    end_ = 0;
    if (!fd_) {
        lines_lost_ += static_cast<std::uint64_t>(std::ranges::count(batch, '\n'));
        return;
    }
    while (!batch.empty()) {
        if (rotate_at_ > 0 && size_ >= rotate_at_) rotate();
        const std::string_view part = batch.substr(0, room_in_file(batch));
        std::string_view rest = part;
        while (!rest.empty()) {
            const ssize_t count = torn_ ? -1 : ::write(fd_.get(), rest.data(), rest.size());
            if (count < 0 && !torn_ && errno == EINTR) continue;
            if (count < 0) return lose(batch, part.size() - rest.size());
            rest.remove_prefix(static_cast<std::size_t>(count));
        }
        size_ += static_cast<std::int64_t>(part.size());
        batch.remove_prefix(part.size());
    }
}

// Where the next file cannot be made, this one goes on for another max_size.
void LogWriter::rotate() {
    if (auto begun = begin_next_file(); begun) {
        size_ = 0;
        rotate_at_ = log_.max_size;
    } else {
        last_errno_ = begun.error().sys_errno;
        rotate_at_ = size_ + log_.max_size;
    }
}

// Killed at any line: no line is lost, `file` is there, and at most one number has no file.
Result<void> LogWriter::begin_next_file() {
    const std::string file = log_.file.native();
    const std::string next = cat(file, ".new");
    RT_TRY_ASSIGN(UniqueFd fd, open_file(next, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, 0640));
    for (int number = log_.max_files - 1; number > 1; --number)
        if (::rename(cat(file, ".", number - 1).c_str(), cat(file, ".", number).c_str()) != 0 &&
            errno != ENOENT)
            return fail_errno(errno, "rotate log file '", file, "'");
    const std::string first = cat(file, ".1");
    (void)::unlink(first.c_str()); // of two files it is the one to go; else it has its new number
    if (log_.max_files > 1 && ::link(file.c_str(), first.c_str()) != 0 && errno != ENOENT)
        return fail_errno(errno, "rotate log file '", file, "'");
    if (::rename(next.c_str(), file.c_str()) != 0) return fail_errno(errno, "rotate log file '", file, "'");
    fd_ = std::move(fd);
    return {};
}

// The disk took `written` bytes of the batch, perhaps a part of a line: that is taken back.
void LogWriter::lose(std::string_view batch, std::size_t written) {
    if (!torn_) last_errno_ = errno;
    const std::string_view before = batch.substr(0, written);
    const std::string_view unwritten = batch.substr(written);
    const std::size_t newline = before.rfind('\n');
    const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
    size_ += static_cast<std::int64_t>(whole);
    if (whole < before.size() && ::ftruncate(fd_.get(), size_) != 0)
        last_errno_ = errno; // a torn line is all that can come of it
    lines_lost_ += static_cast<std::uint64_t>(std::ranges::count(unwritten, '\n'));
}

} // namespace rt::shim
