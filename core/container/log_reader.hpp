// SPDX-License-Identifier: Apache-2.0
// Reads a container's log, in the json-file format that rt-shim writes: FILE, and the older ones as FILE.1,
// FILE.2, ... One thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/shim/client.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace rt {

struct LogEntry {
    Stream stream = Stream::out;
    std::string time;      // RFC 3339
    std::string text;      // a line with its newline, or a part of a long one
    std::string details{}; // as docker shows what the log options chose: "key=value,...", URL-encoded
};

// Which entries are wanted, by their time: from since to until (ns; 0: no end). An entry without a time that
// can be read is in no span but the whole.
struct LogSpan {
    std::int64_t since = 0, until = 0;
    enum class Place { before, inside, after };
    [[nodiscard]] Place place_of(const LogEntry& entry) const;
};

using LogSink = std::function<bool(const LogEntry&)>; // false: no more are wanted

// Goes through a log once, and on from there when there is more. Lines that are no log entry are passed over
// and counted (a torn last line waits for its end: its writer may be at it, or was killed).
class LogReader {
public:
    // tail: begins at the last so many entries; negative: at the oldest. A log that is not there has none
    // yet.
    static Result<LogReader> open(const Path& file, std::int64_t tail);

    // Everything that is there by now, the oldest first, also through files that were begun meanwhile.
    Result<void> read(const LogSink& sink);
    // A part of that: false: there is no more now. For who has to wait between the parts.
    Result<bool> read_some(const LogSink& sink);
    [[nodiscard]] bool stopped() const { return stopped_; } // the sink wants no more
    [[nodiscard]] std::uint64_t bad_lines() const { return bad_lines_; }

private:
    explicit LogReader(Path file) : file_(std::move(file)) {}
    [[nodiscard]] Path path_of(int number) const;
    Result<void> seek(std::int64_t tail);
    Result<bool> read_block(const LogSink& sink);
    void take(std::string_view data, const LogSink& sink);
    // Opens the file that was begun after the current one. false: there is none.
    Result<bool> advance();

    Path file_;
    UniqueFd fd_;
    std::string line_; // the beginning of the next one
    bool too_long_ = false;
    bool stopped_ = false;
    std::uint64_t bad_lines_ = 0;
};

} // namespace rt
