// SPDX-License-Identifier: Apache-2.0
// The container's log file. Every line in it is whole: what a full disk cuts is taken back, counted as lost
// and tried again with the next lines; the container goes on. At its largest size it becomes `file`.1, what
// was that `file`.2, and so on; `file` itself is there at any time, and whoever follows it reads to the end
// of what he has open and then opens the next. Memory only while there is output. One thread.
#pragma once

#include "core/base/file.hpp"
#include "json_lines.hpp"

#include <memory>

namespace rt::shim {

class LogWriter final : JsonLines::Out {
public:
    LogWriter() : lines_(*this) {}

    // Appends to the file; a torn line at its end (of a shim that was killed) goes.
    Result<void> open(const rt::ShimLog& log);
    // Everything of it is in the file (or lost) on return.
    void write(Stream stream, std::string_view data, std::int64_t time_ns);
    void finish(std::int64_t time_ns); // both streams are over
    void release_memory() { buffer_.reset(); }

    [[nodiscard]] std::uint64_t lines_lost() const { return lines_lost_; }
    [[nodiscard]] int last_errno() const { return last_errno_; } // of the write that failed

private:
    char* room(std::size_t size) override;
    void used(char* end) override { end_ = static_cast<std::size_t>(end - buffer_.get()); }
    void flush();
    [[nodiscard]] std::size_t room_in_file(std::string_view lines) const;
    void rotate();
    Result<void> begin_next_file();
    void lose(std::string_view batch, std::size_t written);
    void mend();
    Result<void> open_file_of_log();
    void look_for_file(std::int64_t time_ns);

    JsonLines lines_;
    rt::ShimLog log_;
    bool open_ = false; // between open() and finish()
    UniqueFd fd_;       // none: the file is gone and cannot be made again
    std::int64_t looked_at_ = 0;
    std::int64_t size_ = 0;      // of the file, whole lines only
    std::int64_t rotate_at_ = 0; // size; 0: never
    std::unique_ptr<char[]> buffer_;
    std::size_t end_ = 0; // of what is in the buffer
    std::uint64_t lines_lost_ = 0;
    int last_errno_ = 0;
    bool torn_ = false; // the file ends in a part of a line
};

} // namespace rt::shim
