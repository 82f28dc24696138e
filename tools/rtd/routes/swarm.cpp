// SPDX-License-Identifier: Apache-2.0
// What a node outside of a swarm answers, which this always is.
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

namespace rt::rtd {
namespace {

Answer unavailable(const std::string& why) {
    return error_answer({Code::unavailable, 0, why});
}

Awaitable<Result<void>> not_a_manager(Services& /*unused*/, Exchange& exchange) {
    co_await exchange.answer(
        unavailable("This node is not a swarm manager. Use \"docker swarm init\" or \"docker "
                    "swarm join\" to connect this node to swarm and try again."));
    co_return Result<void>();
}

Awaitable<Result<void>> not_part(Services& /*unused*/, Exchange& exchange) {
    co_await exchange.answer(unavailable("This node is not part of a swarm"));
    co_return Result<void>();
}

Awaitable<Result<void>> no_swarm(Services& /*unused*/, Exchange& /*unused*/) {
    co_return fail(Code::unsupported, "rt has no swarms: it is an engine for one host");
}

} // namespace

std::vector<Route> swarm_routes() {
    std::vector<Route> routes{{"POST", "/swarm/init", no_swarm},
                              {"POST", "/swarm/join", no_swarm},
                              {"POST", "/swarm/leave", not_part}};
    for (const char* const method : {"GET", "POST", "DELETE"})
        for (const char* const path : {"/swarm", "/swarm/{rest...}", "/nodes", "/nodes/{rest...}",
                                       "/services", "/services/{rest...}", "/tasks", "/tasks/{rest...}",
                                       "/secrets", "/secrets/{rest...}", "/configs", "/configs/{rest...}"})
            routes.push_back({method, path, not_a_manager});
    return routes;
}

} // namespace rt::rtd
