// SPDX-License-Identifier: Apache-2.0
#include "core/container/host_load.hpp"

#include <unistd.h>

#include <sstream>

namespace rt {
namespace {

constexpr std::size_t kLargestFile = 4U << 20U; // a line for each processor and a number for each interrupt

} // namespace

Result<HostLoad> host_load(const Path& procfs) {
    constexpr int kColumns = 7; // user nice system idle iowait irq softirq: as docker counts
    RT_TRY_ASSIGN(const std::string stat, read_file(procfs / "stat", kLargestFile));
    RT_TRY_ASSIGN(const std::string memory, read_file(procfs / "meminfo", kLargestFile));
    HostLoad load;
    std::istringstream lines(stat);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("cpu")) continue;
        std::istringstream words(line);
        std::string name;
        words >> name;
        if (name != "cpu") {
            ++load.processors;
            continue;
        }
        std::uint64_t ticks = 0;
        for (int i = 0; i < kColumns; ++i) {
            std::uint64_t part = 0;
            words >> part;
            ticks += part;
        }
        load.cpu_ns = ticks * (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
    }
    constexpr std::string_view kTotal = "MemTotal:";
    if (const auto at = memory.find(kTotal); at != std::string::npos)
        load.memory = std::strtoull(memory.c_str() + at + kTotal.size(), nullptr, 10) * 1024; // in kB
    return load;
}

} // namespace rt
