// SPDX-License-Identifier: Apache-2.0
// Endpoints of docker's that rtd does not have: said in so many words, so that nobody takes them for
// mistyped.
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

namespace rt::rtd {
namespace {

Awaitable<Result<void>> refuse(Services& /*unused*/, Exchange& exchange) {
    const Request& request = exchange.request();
    co_return fail(Code::unsupported, request.method, " ", request.path, " is not supported by rtd");
}

Awaitable<Result<void>> refuse_build(Services& /*unused*/, Exchange& /*unused*/) {
    co_return fail(Code::unsupported,
                   "building images is not supported by rtd: build them elsewhere and load or "
                   "pull them");
}

} // namespace

std::vector<Route> refused_routes() {
    return {{"POST", "/build", refuse_build},
            {"POST", "/build/cancel", refuse_build},
            {"POST", "/session", refuse},
            {"POST", "/grpc", refuse},
            {"GET", "/containers/{id}/attach/ws", refuse},
            {"GET", "/containers/{id}/checkpoints", refuse},
            {"POST", "/containers/{id}/checkpoints", refuse},
            {"GET", "/plugins/{rest...}", refuse},
            {"POST", "/plugins/{rest...}", refuse},
            {"DELETE", "/plugins/{rest...}", refuse},
            {"PUT", "/volumes/{name}", refuse}};
}

} // namespace rt::rtd
