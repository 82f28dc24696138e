// SPDX-License-Identifier: Apache-2.0
// Reads a container's log, in the json-file format that rt-shim writes. One thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/shim/client.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace rt {

struct LogEntry {
    Stream stream = Stream::out;
    std::string time; // RFC 3339
    std::string text; // a line with its newline, or a part of a long one
};

// Calls sink for the last `tail` entries (all when negative), the oldest first. A file that is not there has
// none. corrupt: a line is not what rt-shim writes (a torn last line is left out silently: its writer was
// killed).
Result<void> read_log(const Path& file, std::int64_t tail, const std::function<void(const LogEntry&)>& sink);

} // namespace rt
