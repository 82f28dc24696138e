// SPDX-License-Identifier: Apache-2.0
// What a container uses, once or each second. Between two samples no thread is held.
#include "core/container/recovery.hpp"
#include "core/container/stats.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

namespace rt::rtd {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::chrono::seconds kInterval{1}; // docker's

struct Look {
    Container container;
    bool runs = false;
    StatsSample sample; // a default one where it does not run
};
using MaybeLook = std::optional<Look>; // empty: it has gone

// not_found only where the container was never there.
Result<Look> look_first(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    Look look;
    RT_TRY_ASSIGN(look.container, refresh(engine, found));
    look.runs = look.container.phase == Phase::running;
    if (!look.runs) return look;
    auto sample = StatsReader(engine, look.container).read();
    if (sample)
        look.sample = std::move(*sample);
    else if (sample.error().code != Code::failed_precondition) // it ended just now
        return std::unexpected(std::move(sample).error());
    return look;
}

Result<MaybeLook> look_again(Engine& engine, const std::string& id) {
    auto look = look_first(engine, id);
    if (look) return MaybeLook(std::move(*look));
    if (look.error().code == Code::not_found) return MaybeLook();
    return std::unexpected(std::move(look).error());
}

Json line_of(const Look& look, const StatsSample& before) {
    return stats_json(look.container, look.sample, before);
}

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Awaitable<void> pause(Exchange& exchange) {
    asio::steady_timer timer(exchange.executor(), kInterval);
    co_await timer.async_wait(asio::use_awaitable);
}

// Until the container goes.
Awaitable<Result<void>> write_on(Services& services, Exchange& exchange, Look look) {
    StatsSample before;
    for (;;) {
        const std::string text = text_of(line_of(look, before));
        co_await exchange.write(text);
        before = std::move(look.sample);
        co_await pause(exchange);
        auto task = services.workers.run(named_work(
            exchange.request(), [id = look.container.id](Engine& engine) { return look_again(engine, id); }));
        Result<MaybeLook> next = co_await std::move(task);
        if (!next && next.error().code != Code::deadline_exceeded) co_return std::unexpected(next.error());
        if (next && !*next) co_return Result<void>();
        look =
            next ? std::move(**next) : Look{look.container, false, {}}; // a shim that does not answer in time
    }
}

Awaitable<Result<void>> stats(Services& services, Exchange& exchange) {
    const Request& request = exchange.request();
    const bool streams = request.query.flag("stream", true);
    const bool one_shot = request.version >= ApiVersion{1, 41} && request.query.flag("one-shot");
    if (streams && one_shot)
        co_return fail(Code::invalid_argument, "cannot have stream=true and one-shot=true");
    const std::string reference = request.parameter("id");
    auto task = services.workers.run(
        named_work(request, [reference](Engine& engine) { return look_first(engine, reference); }));
    RT_CO_TRY_ASSIGN(Look look, co_await std::move(task));
    if (streams) {
        co_await exchange.begin(kJsonHead);
        const auto ended = co_await (write_on(services, exchange, std::move(look)) || exchange.client_gone());
        if (ended.index() == 0) co_return std::get<0>(ended);
        co_return Result<void>();
    }
    StatsSample before;
    if (look.runs && !one_shot) { // what it does in between is what clients show
        const auto waited = co_await (pause(exchange) || exchange.client_gone());
        if (waited.index() == 1) co_return fail(Code::cancelled, "the client has gone");
        before = std::move(look.sample);
        auto second = services.workers.run(
            named_work(request, [id = look.container.id](Engine& engine) { return look_first(engine, id); }));
        RT_CO_TRY_ASSIGN(look, co_await std::move(second));
    }
    co_await exchange.answer(json_answer(line_of(look, before)));
    co_return Result<void>();
}

} // namespace

std::vector<Route> container_stats_routes() {
    return {{"GET", "/containers/{id}/stats", stats}};
}

} // namespace rt::rtd
