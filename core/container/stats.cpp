// SPDX-License-Identifier: Apache-2.0
#include "core/container/stats.hpp"

#include "core/base/clock.hpp"
#include "core/container/recovery.hpp"
#include "core/container/running_shim.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

constexpr std::int64_t kPatience = 2'000'000'000; // ns, as docker's client waits

// Members of an object that may not be there. A wrong type throws, which ends the parsing.
std::uint64_t number(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? 0 : found->get<std::uint64_t>();
}

Json object(const Json& parent, const char* key) {
    return parent.value(key, Json::object());
}

CpuUse parse_cpu(const Json& cpu) {
    const Json throttling = object(cpu, "throttling");
    return {number(cpu, "usage_ns"),           number(cpu, "user_ns"),
            number(cpu, "system_ns"),          cpu.value("percpu_ns", std::vector<std::uint64_t>()),
            number(throttling, "periods"),     number(throttling, "throttled_periods"),
            number(throttling, "throttled_ns")};
}

MemoryUse parse_memory(const Json& memory, const HostLoad& host) {
    MemoryUse use{number(memory, "usage"), number(memory, "max_usage"), number(memory, "failcnt"),
                  number(memory, "limit"), memory.value("stats", std::map<std::string, std::uint64_t>())};
    // No limit, which the kernel shows as a number of its own: what there is, then.
    if (host.memory > 0 && (use.limit == 0 || use.limit > host.memory)) use.limit = host.memory;
    return use;
}

std::vector<BlockCount> parse_block(const Json& blkio, const char* key) {
    std::vector<BlockCount> counts;
    for (const Json& entry : blkio.value(key, Json::array()))
        counts.push_back(
            {number(entry, "major"), number(entry, "minor"), entry.value("op", ""), number(entry, "value")});
    return counts;
}

} // namespace

Result<StatsSample> parse_isolation_stats(const std::string& text, const HostLoad& host) {
    RT_TRY_ASSIGN(const Json json, parse_json(text, "what the isolation driver counts"));
    try {
        StatsSample sample;
        sample.host = host;
        sample.cgroup_version = json.value("cgroup_version", 0);
        sample.cpu = parse_cpu(object(json, "cpu"));
        sample.memory = parse_memory(object(json, "memory"), host);
        const Json pids = object(json, "pids");
        sample.pids = number(pids, "current");
        if (pids.contains("limit")) sample.pids_limit = number(pids, "limit");
        const Json blkio = object(json, "blkio");
        sample.block_bytes = parse_block(blkio, "io_service_bytes");
        sample.block_operations = parse_block(blkio, "io_serviced");
        return sample;
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "what the isolation driver counts: ", error.what());
    }
}

Result<void> add_network_stats(const std::string& text, StatsSample& sample) {
    RT_TRY_ASSIGN(const Json json, parse_json(text, "what the network driver counts"));
    try {
        auto& networks = sample.networks ? *sample.networks : sample.networks.emplace();
        for (const auto& [name, counts] : json.items()) {
            if (!counts.is_object())
                return fail(Code::corrupt, "what the network driver counts: '", name, "' is no object");
            const auto side = [&of = counts](const std::string& prefix) {
                return InterfaceCount::Side{
                    number(of, (prefix + "bytes").c_str()), number(of, (prefix + "packets").c_str()),
                    number(of, (prefix + "errors").c_str()), number(of, (prefix + "dropped").c_str())};
            };
            networks[name] = {side("rx_"), side("tx_")};
        }
        return {};
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "what the network driver counts: ", error.what());
    }
}

StatsReader::StatsReader(Engine& engine, const Container& container)
    : engine_(&engine), id_(container.id), name_(container.name) {}

Result<StatsSample> StatsReader::read() {
    Operation operation = Engine::new_operation();
    operation.deadline_ns = monotonic_ns() + kPatience;
    if (!shim_) {
        RT_TRY_ASSIGN(Engine::State* const state, engine_->state());
        RT_TRY_ASSIGN(const Container found, state->containers.find(id_));
        RT_TRY_ASSIGN(const Container container, refresh(*engine_, found));
        RT_TRY_ASSIGN(shim_, connect_running(*engine_, container, "count what is used by"));
    }
    auto text = shim_->stats(operation);
    if (!text) {
        shim_.reset(); // it has ended, or is another one by now
        Error error = std::move(text).error();
        if (error.code == Code::unavailable || error.code == Code::not_found)
            error.code = Code::failed_precondition;
        return in_context(std::move(error), "count what is used by container '", name_, "'");
    }
    RT_TRY_ASSIGN(const HostLoad host, host_load());
    RT_TRY_ASSIGN(StatsSample sample, parse_isolation_stats(*text, host));
    sample.read = now_ns();
    RT_TRY(read_networks(operation, sample));
    return sample;
}

// The endpoints are asked for each time: those of a container that was started again are others.
Result<void> StatsReader::read_networks(const Operation& operation, StatsSample& sample) {
    RT_TRY_ASSIGN(Engine::State* const state, engine_->state());
    RT_TRY_ASSIGN(const auto endpoints, state->networks.endpoints_of(id_));
    for (const Endpoint& endpoint : endpoints) {
        RT_TRY_ASSIGN(const auto network, state->networks.find_by_id(endpoint.network_id));
        if (!network || endpoint.result.empty()) continue;
        RT_TRY_ASSIGN(const auto backend, engine_->drivers().network(network->driver));
        const auto text = backend->stats(operation, endpoint_json(endpoint, *network));
        if (text)
            RT_TRY(add_network_stats(*text, sample));
        else if (text.error().code != Code::unsupported && text.error().code != Code::not_found)
            return std::unexpected(text.error());
    }
    return {};
}

namespace {

// What the kernel would give back at once is not in use: cgroup v1 has it of the whole hierarchy.
std::uint64_t memory_without_cache(const MemoryUse& memory) {
    for (const char* key : {"total_inactive_file", "inactive_file"})
        if (const auto found = memory.details.find(key); found != memory.details.end())
            return found->second < memory.usage ? memory.usage - found->second : memory.usage;
    return memory.usage;
}

double cpu_percent(const StatsSample& now, const StatsSample& before) {
    const auto difference = [](std::uint64_t later, std::uint64_t earlier) {
        return static_cast<double>(later) - static_cast<double>(earlier);
    };
    const double own = difference(now.cpu.usage, before.cpu.usage);
    const double all = difference(now.host.cpu_ns, before.host.cpu_ns);
    const auto processors =
        now.host.processors > 0 ? now.host.processors : static_cast<unsigned>(now.cpu.percpu.size());
    return own > 0 && all > 0 ? own / all * processors * 100 : 0;
}

std::uint64_t sum_of(const std::vector<BlockCount>& counts, std::string_view operation) {
    std::uint64_t sum = 0;
    for (const BlockCount& count : counts)
        if (count.operation == operation) sum += count.value;
    return sum;
}

} // namespace

ResourceUse resource_use(const StatsSample& now, const StatsSample& before) {
    ResourceUse use;
    use.cpu_percent = cpu_percent(now, before);
    use.memory = memory_without_cache(now.memory);
    use.memory_limit = now.memory.limit;
    if (use.memory_limit > 0)
        use.memory_percent = static_cast<double>(use.memory) / static_cast<double>(use.memory_limit) * 100;
    if (now.networks)
        for (const auto& [name, counts] : *now.networks) {
            use.received += counts.received.bytes;
            use.sent += counts.sent.bytes;
        }
    use.block_read = sum_of(now.block_bytes, "Read");
    use.block_written = sum_of(now.block_bytes, "Write");
    use.pids = now.pids;
    return use;
}

} // namespace rt
