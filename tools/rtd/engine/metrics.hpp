// SPDX-License-Identifier: Apache-2.0
// What is counted of the server, in the text format that Prometheus reads. On the thread of the server only.
#pragma once

#include "tools/rtd/http/connection.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

namespace rt::rtd {

class Metrics {
public:
    void count(const RequestRecord& record);

    // What is looked at when somebody asks.
    struct Gauges {
        std::size_t connections = 0, event_listeners = 0, worker_threads = 0, waiting_jobs = 0;
        std::map<std::string, std::int64_t> containers; // by state
    };
    [[nodiscard]] std::string text(const Gauges& gauges) const;

private:
    struct Sum {
        std::uint64_t count = 0;
        double seconds = 0; // until the head of the answer
    };
    using Kind = std::tuple<std::string, std::string, unsigned>; // method, route, status
    std::map<Kind, Sum> requests_;
};

} // namespace rt::rtd
