// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/metrics_page.hpp"

#include "core/container/listing.hpp"

namespace rt::rtd {
namespace {

using States = std::map<std::string, std::int64_t>;

Result<States> count_states(Engine& engine) {
    RT_TRY_ASSIGN(const ContainerList found, list_containers(engine));
    States states;
    for (const ContainerSummary& summary : found.containers) ++states[summary.state];
    return states;
}

Answer page(std::string text) {
    return {200, "text/plain; version=0.0.4; charset=utf-8", std::move(text)};
}

Awaitable<Result<void>> show(Services& services, const Metrics& metrics, const Serving& serving,
                             Exchange& exchange) {
    auto task = services.workers.run(count_states);
    RT_CO_TRY_ASSIGN(States states, co_await std::move(task));
    const WorkerPool::Load load = services.load();
    const Metrics::Gauges gauges{.connections = serving.connections,
                                 .event_listeners = services.events.listeners(),
                                 .worker_threads = load.threads,
                                 .waiting_jobs = load.waiting,
                                 .containers = std::move(states)};
    const Answer answer = page(metrics.text(gauges));
    co_await exchange.answer(answer);
    co_return Result<void>();
}

} // namespace

FindHandler metrics_page(Services& services, const Metrics& metrics, const Serving& serving) {
    return [&](Request& request) -> Result<Handler> {
        if (request.path != "/metrics") return fail(Code::not_found, "page not found");
        if (request.method != "GET")
            return fail(Code::unsupported, "method ", request.method, " is not allowed here");
        return [&](Exchange& exchange) { return show(services, metrics, serving, exchange); };
    };
}

} // namespace rt::rtd
