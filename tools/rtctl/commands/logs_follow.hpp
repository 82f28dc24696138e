// SPDX-License-Identifier: Apache-2.0
// rtctl logs -f: what comes after that which is there already, until the container ends; also when its
// restart policy starts it again, as docker has it. Waits for inotify and for the shim. One thread.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/log_reader.hpp"

namespace rt::cli {

struct LogFollowing {
    std::int64_t until = 0; // ns; 0: no end
    LogSink sink;
};

Result<void> follow_log(Engine& engine, const Container& container, LogReader& reader,
                        const LogFollowing& following);

} // namespace rt::cli
