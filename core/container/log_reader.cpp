// SPDX-License-Identifier: Apache-2.0
#include "core/container/log_reader.hpp"

#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

#include <deque>
#include <fstream>

namespace rt {
namespace {

Result<LogEntry> parse(const std::string& line, const Path& file) {
    const Json value = Json::parse(line, nullptr, false);
    if (!value.is_object())
        return fail(Code::corrupt, "log '", file.native(), "': a line of it is not a log entry");
    return LogEntry{value.value("stream", "") == "stderr" ? Stream::error : Stream::out,
                    value.value("time", ""), value.value("log", "")};
}

} // namespace

Result<void> read_log(const Path& file, std::int64_t tail, const std::function<void(const LogEntry&)>& sink) {
    std::ifstream in(file, std::ios::binary);
    std::deque<std::string> last;
    for (std::string line; std::getline(in, line);) {
        if (in.eof()) break; // no newline at its end: torn
        if (tail >= 0) {
            last.push_back(std::move(line));
            if (static_cast<std::int64_t>(last.size()) > tail) last.pop_front();
            continue;
        }
        RT_TRY_ASSIGN(const LogEntry entry, parse(line, file));
        sink(entry);
    }
    for (const std::string& line : last) {
        RT_TRY_ASSIGN(const LogEntry entry, parse(line, file));
        sink(entry);
    }
    return {};
}

} // namespace rt
