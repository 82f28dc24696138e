// SPDX-License-Identifier: Apache-2.0
// What a container uses: samples that its drivers answer, what docker makes of two of them, and docker's API
// object (GET /containers/{id}/stats, API v1.50). Values, but for StatsReader: one per container and thread.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"
#include "core/container/host_load.hpp"
#include "core/shim/client.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rt {

// Numbers are what a driver has counted since the container began; what it does not count is 0.
struct CpuUse {
    std::uint64_t usage = 0, user = 0, system = 0; // ns
    std::vector<std::uint64_t> percpu;             // ns; cgroup v1 only
    std::uint64_t periods = 0, throttled_periods = 0, throttled = 0;
};

struct MemoryUse {
    std::uint64_t usage = 0, max_usage = 0, failcnt = 0; // bytes, bytes, times
    std::uint64_t limit = 0;                             // of the container, or what the host has
    std::map<std::string, std::uint64_t> details;        // the kernel's own keys
};

struct BlockCount {
    std::uint64_t major = 0, minor = 0;
    std::string operation; // Read, Write, Sync, Async, Discard, Total
    std::uint64_t value = 0;
};

struct InterfaceCount {
    struct Side {
        std::uint64_t bytes = 0, packets = 0, errors = 0, dropped = 0;
    };
    Side received, sent; // by the container
};

struct StatsSample {
    std::int64_t read = 0; // ns since 1970; 0: the container did not run, and all below is 0
    int cgroup_version = 0;
    HostLoad host; // when the container was looked at
    CpuUse cpu;
    MemoryUse memory;
    std::uint64_t pids = 0;
    std::optional<std::uint64_t> pids_limit; // empty: not counted
    std::vector<BlockCount> block_bytes, block_operations;
    std::optional<std::map<std::string, InterfaceCount>> networks; // empty: no driver counts them
};

// text: of rt.isolation.stats. corrupt: not as <rtp/isolation.h> says.
Result<StatsSample> parse_isolation_stats(const std::string& text, const HostLoad& host);
// text: of rt.network.stats; its interfaces are added.
Result<void> add_network_stats(const std::string& text, StatsSample& sample);

class StatsReader {
public:
    StatsReader(Engine& engine, const Container& container);
    // failed_precondition: it does not run. deadline_exceeded: it does not answer within two seconds.
    // unsupported: its isolation driver does not count.
    Result<StatsSample> read();

private:
    Result<void> read_networks(const Operation& operation, StatsSample& sample);

    Engine* engine_;
    std::string id_, name_;
    std::optional<ShimClient> shim_;
};

// What `docker stats` shows.
struct ResourceUse {
    double cpu_percent = 0;                     // of one processor
    std::uint64_t memory = 0, memory_limit = 0; // bytes; without what the kernel could drop at once
    double memory_percent = 0;                  // of the limit
    std::uint64_t received = 0, sent = 0;       // bytes
    std::uint64_t block_read = 0, block_written = 0;
    std::uint64_t pids = 0;
};
ResourceUse resource_use(const StatsSample& now, const StatsSample& before);

// docker's API object. before: the sample that precpu_stats and preread are of; a default one where there is
// none (one-shot).
Json stats_json(const Container& container, const StatsSample& now, const StatsSample& before);

} // namespace rt
