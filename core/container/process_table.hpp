// SPDX-License-Identifier: Apache-2.0
// Processes as `ps` shows them: a line each, with titles above. Only reads; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

struct ProcessTable {
    std::vector<std::string> titles;
    std::vector<std::vector<std::string>> processes; // as many cells as there are titles
};

// The table of `ps -ef` (UID PID PPID C STIME TTY TIME CMD), read from a mounted procfs. pids: as that counts
// them; one that has ended meanwhile is left out. now: ns since 1970.
Result<ProcessTable> full_format(const Path& procfs, const std::vector<int>& pids, std::int64_t now);

// Those lines of ps's output that belong to pids, by its column PID; lines of threads, whose pid is "-",
// belong to the process above them. failed_precondition: the output has no such column.
Result<ProcessTable> pick_processes(std::string_view output, const std::vector<int>& pids);

} // namespace rt
