// SPDX-License-Identifier: Apache-2.0
// A byte stream as lines of Docker's json-file format: {"log":"...\n","stream":"stdout","time":"..."}. A line
// without its end is cut at 16 KiB and goes on in the next; bytes that are not UTF-8 become U+FFFD; <, > and
// & are escaped as Go's encoder does. Pure: no descriptors here. One thread.
#pragma once

#include "core/shim/client.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rt::shim {

inline constexpr std::size_t kLongestPiece = 16U << 10U;

// Writes text as the inside of a JSON string, up to 6 bytes for each of its own; returns the end.
char* escape_json(char* out, std::string_view text);

// The same as a string, with its quotes.
std::string json_text(std::string_view text);

class JsonLines {
public:
    // Where encoded lines go. room() gives at least `size` bytes to write to; used() says where writing
    // ended, always at the end of a line.
    class Out {
    public:
        virtual char* room(std::size_t size) = 0;
        virtual void used(char* end) = 0;

    protected:
        ~Out() = default;
    };

    explicit JsonLines(Out& out) : out_(out) {}

    // What each line has as "attrs": a JSON object; "": nothing.
    void set_attributes(std::string_view json);
    // More output of the container; all its lines get this time.
    void add(Stream stream, std::string_view data, std::int64_t time_ns);
    // The stream is over: the unfinished line becomes one.
    void finish(Stream stream, std::int64_t time_ns);

private:
    enum class Ending { newline, none };
    void set_tail(Stream stream, std::int64_t time_ns);
    void emit(std::string_view line, Ending ending);
    std::string_view complete_pending(std::string& pending, std::string_view data);

    Out& out_;
    std::array<std::string, 2> pending_; // stdout, stderr: a line without its end so far
    std::string attributes_;             // ,"attrs":{...}
    std::string tail_;                   // ","stream":...}: the same for each line of one add()
};

} // namespace rt::shim
