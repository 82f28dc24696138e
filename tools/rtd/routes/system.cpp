// SPDX-License-Identifier: Apache-2.0
#include "core/api/system_json.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

// Asked before all else, and often: it costs no engine.
Awaitable<Result<void>> ping(Services& /*unused*/, Exchange& exchange) {
    Answer answer{200, "text/plain; charset=utf-8", "OK"};
    answer.headers = {{"Builder-Version", "1"}, // the classic one: there is no BuildKit behind this socket
                      {"Swarm", "inactive"},
                      {"Cache-Control", "no-cache, no-store, must-revalidate"},
                      {"Pragma", "no-cache"}};
    co_await exchange.answer(answer);
    co_return Result<void>();
}

Result<Answer> version(Engine& /*unused*/, const Request& /*unused*/) {
    return json_answer(api::version_json(api::look_at_host(), RT_VERSION));
}

Result<Answer> info(Engine& engine, const Request& /*unused*/) {
    RT_TRY_ASSIGN(const api::EngineView view, api::look_at_engine(engine));
    return json_answer(api::info_json(view, api::look_at_host(), RT_VERSION));
}

} // namespace

std::vector<Route> system_routes() {
    return {{"GET", "/_ping", ping}, {"GET", "/version", version}, {"GET", "/info", info}};
}

} // namespace rt::rtd
