// SPDX-License-Identifier: Apache-2.0
#include "core/container/log_reader.hpp"

#include "core/base/json.hpp"
#include "core/base/time_text.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace rt {
namespace {

constexpr std::size_t kBlock = 64U << 10U;
constexpr std::size_t kLongestLine = 1U << 20U; // rt-shim's are at most about 100 KiB

// As Go's url.QueryEscape.
std::string url_encoded(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain || std::string_view("-_.~").find(c) != std::string_view::npos)
            out += c;
        else if (c == ' ')
            out += '+';
        else
            out += cat("%", kDigits[byte >> 4U], kDigits[byte & 15U]);
    }
    return out;
}

std::string details_of(const Json& line) {
    std::string details;
    const auto found = line.find("attrs");
    if (found == line.end() || !found->is_object()) return details;
    for (const auto& [key, value] : found->items())
        if (value.is_string())
            details +=
                cat(details.empty() ? "" : ",", url_encoded(key), "=", url_encoded(value.get<std::string>()));
    return details;
}

bool parse(std::string_view line, LogEntry& entry) {
    const Json value = Json::parse(line, nullptr, false);
    if (!value.is_object()) return false;
    const auto text = [&](const char* key) {
        const auto found = value.find(key);
        return found != value.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    entry = {text("stream") == "stderr" ? Stream::error : Stream::out, text("time"), text("log"),
             details_of(value)};
    return true;
}

bool is_same(const struct stat& left, const struct stat& right) {
    return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

// Where the last `wanted` lines of a file begin; wanted is lowered by those that it has.
Result<off_t> begin_of_tail(int fd, const Path& path, std::int64_t& wanted) {
    const auto buffer = std::make_unique_for_overwrite<char[]>(kBlock);
    off_t end = ::lseek(fd, 0, SEEK_END);
    if (end < 0) return fail_errno(errno, "log '", path.native(), "'");
    std::int64_t seen = 0; // newlines; the one at the end of the file ends the last line
    while (end > 0) {
        const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(kBlock));
        const ssize_t got = ::pread(fd, buffer.get(), static_cast<std::size_t>(end - begin), begin);
        if (got != end - begin) return fail(Code::unavailable, "log '", path.native(), "' changed its size");
        for (ssize_t i = got; i-- > 0;)
            if (buffer[static_cast<std::size_t>(i)] == '\n' && ++seen > wanted) {
                wanted = 0;
                return begin + i + 1;
            }
        end = begin;
    }
    wanted -= seen;
    return 0;
}

} // namespace

LogSpan::Place LogSpan::place_of(const LogEntry& entry) const {
    if (since == 0 && until == 0) return Place::inside;
    const auto time = parse_rfc3339(entry.time);
    if (!time || *time < since) return Place::before;
    return until != 0 && *time > until ? Place::after : Place::inside;
}

Path LogReader::path_of(int number) const {
    return number == 0 ? file_ : Path(cat(file_.native(), ".", number));
}

Result<LogReader> LogReader::open(const Path& file, std::int64_t tail) {
    LogReader reader(file);
    RT_TRY(reader.seek(tail));
    return reader;
}

Result<void> LogReader::seek(std::int64_t tail) {
    for (int number = 0;; ++number) {
        auto fd = open_file(path_of(number), O_RDONLY | O_NOFOLLOW);
        if (!fd && fd.error().code == Code::not_found) return {};
        if (!fd) return std::unexpected(std::move(fd).error());
        off_t begin = 0;
        if (tail >= 0) {
            RT_TRY_ASSIGN(begin, begin_of_tail(fd->get(), path_of(number), tail));
        }
        if (::lseek(fd->get(), begin, SEEK_SET) < 0)
            return fail_errno(errno, "log '", path_of(number).native(), "'");
        fd_ = std::move(*fd);
        if (tail == 0) return {};
    }
}

Result<void> LogReader::read(const LogSink& sink) {
    for (;;) {
        RT_TRY_ASSIGN(const bool has_more, read_some(sink));
        if (!has_more || stopped_) return {};
    }
}

Result<bool> LogReader::read_some(const LogSink& sink) {
    for (;;) {
        if (fd_) {
            RT_TRY_ASSIGN(const bool had_more, read_block(sink));
            if (had_more) return true;
        }
        RT_TRY_ASSIGN(const bool has_next, advance());
        if (!has_next) return false;
    }
}

// False: the file has no more.
Result<bool> LogReader::read_block(const LogSink& sink) {
    const auto buffer = std::make_unique_for_overwrite<char[]>(kBlock);
    for (;;) {
        const ssize_t got = ::read(fd_.get(), buffer.get(), kBlock);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(errno, "read log '", file_.native(), "'");
        if (got > 0) take({buffer.get(), static_cast<std::size_t>(got)}, sink);
        return got > 0;
    }
}

void LogReader::take(std::string_view data, const LogSink& sink) {
    while (!data.empty()) {
        const auto end = data.find('\n');
        if (line_.size() + std::min(end, data.size()) > kLongestLine) too_long_ = true;
        if (too_long_)
            line_.clear();
        else
            line_ += data.substr(0, end);
        if (end == std::string_view::npos) return;
        LogEntry entry;
        if (!too_long_ && parse(line_, entry))
            stopped_ = !sink(entry);
        else
            ++bad_lines_;
        line_.clear();
        too_long_ = false;
        data.remove_prefix(end + 1);
        if (stopped_) return;
    }
}

Result<bool> LogReader::advance() {
    struct stat current{}, there{};
    if (fd_ && ::fstat(fd_.get(), &current) != 0) return fail_errno(errno, "log '", file_.native(), "'");
    // The names move on while we look: what was opened counts only if the current one is still where it was.
    for (int number = 0;; ++number) {
        if (::lstat(path_of(number).c_str(), &there) != 0) {
            if (number == 0) return false;                  // not yet begun
            if (fd_ && current.st_nlink != 0) return false; // just being renamed: the next look finds it
            --number; // the current one was removed: the oldest that there is comes next
        } else if (!fd_ || !is_same(current, there)) {
            continue;
        } else if (number-- == 0) {
            return false;
        }
        auto next = open_file(path_of(number), O_RDONLY | O_NOFOLLOW);
        if (!next && next.error().code == Code::not_found) return false;
        if (!next) return std::unexpected(std::move(next).error());
        const bool has_moved =
            fd_ && current.st_nlink != 0 &&
            (::lstat(path_of(number + 1).c_str(), &there) != 0 || !is_same(current, there));
        if (has_moved) return advance();
        fd_ = std::move(*next);
        line_.clear(); // a torn line that nobody will end
        too_long_ = false;
        return true;
    }
}

} // namespace rt
