// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/engine/metrics.hpp"

#include "core/base/error.hpp"

#include <cstdio>
#include <fstream>

#include <unistd.h>

namespace rt::rtd {
namespace {

std::string head(std::string_view name, std::string_view type, std::string_view help) {
    return cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

template <class Value>
std::string gauge(std::string_view name, std::string_view help, Value value) {
    return cat(head(name, "gauge", help), name, " ", value, "\n");
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6f", value);
    return text;
}

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t all = 0, resident = 0;
    file >> all >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

void Metrics::count(const RequestRecord& record) {
    // What fits no route has no label of its own: a client could make any number of them.
    Sum& sum = requests_[{record.route.empty() ? "" : record.method, record.route, record.status}];
    ++sum.count;
    sum.seconds += std::chrono::duration<double>(record.until_head).count();
}

std::string Metrics::text(const Gauges& gauges) const {
    std::string counts = head("rtd_requests_total", "counter", "Requests that were answered.");
    std::string times =
        head("rtd_request_head_seconds_total", "counter", "Time until the heads of their answers.");
    for (const auto& [kind, sum] : requests_) {
        const auto& [method, route, status] = kind;
        const std::string labels =
            cat("{method=\"", method, "\",route=\"", route, "\",code=\"", status, "\"} ");
        counts += cat("rtd_requests_total", labels, sum.count, "\n");
        times += cat("rtd_request_head_seconds_total", labels, number(sum.seconds), "\n");
    }
    std::string containers = head("rtd_containers", "gauge", "Containers by state.");
    for (const auto& [state, count] : gauges.containers)
        containers += cat("rtd_containers{state=\"", state, "\"} ", count, "\n");
    return cat(counts, times, containers,
               gauge("rtd_connections", "Clients that are connected.", gauges.connections),
               gauge("rtd_event_listeners", "Requests that listen to events.", gauges.event_listeners),
               gauge("rtd_worker_threads", "Threads that work or wait for work.", gauges.worker_threads),
               gauge("rtd_waiting_jobs", "Work that no thread has taken yet.", gauges.waiting_jobs),
               gauge("process_resident_memory_bytes", "Memory that is in use.", resident_bytes()));
}

} // namespace rt::rtd
