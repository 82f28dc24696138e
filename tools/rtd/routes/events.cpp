// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "core/base/time_text.hpp"
#include "core/state/event_view.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

using namespace asio::experimental::awaitable_operators;

struct TimeSpan {
    std::int64_t since = 0, until = 0; // ns; 0: from now on, for ever
};

Result<TimeSpan> span_of(const Request& request) {
    TimeSpan span;
    const std::int64_t now = now_ns();
    if (const std::string text = request.query.get("since"); !text.empty()) {
        RT_TRY_ASSIGN(span.since, parse_time(text, now));
    }
    if (const std::string text = request.query.get("until"); !text.empty()) {
        RT_TRY_ASSIGN(span.until, parse_time(text, now));
    }
    if (span.since != 0 && span.until != 0 && span.since > span.until)
        return fail(Code::invalid_argument, "`since` time (", request.query.get("since"),
                    ") cannot be after `until` time (", request.query.get("until"), ")");
    return span;
}

std::string line_of(const Event& event) {
    return event_json(event).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

struct Past {
    std::string lines;
    std::int64_t last_id = 0; // of the log when it was read
};

// What has happened by now, since the event `after`.
Result<Past> read_past(Engine& engine, std::int64_t after, const TimeSpan& span,
                       const EventFilters& filters) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    Past past;
    RT_TRY_ASSIGN(past.last_id, state->events.last_id());
    if (span.since == 0 && span.until == 0) return past;
    RT_TRY(state->events.read(after, span.since, span.until, [&](const Event& event) {
        past.last_id = std::max(past.last_id, event.id);
        if (filters.matches(event)) past.lines += line_of(event);
    }));
    return past;
}

// What has come together goes together: of many followers each is a system call. last_id: of what was written
// before, and then of what is written now.
Awaitable<Result<void>> write_some(Exchange& exchange, EventQueue& news, const TimeSpan& span,
                                   std::int64_t& last_id) {
    constexpr std::size_t kAtOnce = 64;
    std::vector<std::string> lines;
    while (news.has_some() && lines.size() < kAtOnce) {
        RT_CO_TRY_ASSIGN(const SharedEvent event, news.take());
        if (event->id <= last_id || (span.until != 0 && event->time > span.until)) continue;
        last_id = event->id;
        if (event->line.empty()) event->line = line_of(*event);
        lines.push_back(event->line);
    }
    co_await exchange.write_each(lines);
    co_return Result<void>();
}

Awaitable<void> until_time(Exchange& exchange, std::int64_t until) {
    asio::steady_timer timer(exchange.executor(), asio::steady_timer::time_point::max());
    if (until != 0)
        timer.expires_after(std::chrono::nanoseconds(std::max<std::int64_t>(until - now_ns(), 0)));
    co_await timer.async_wait(asio::use_awaitable);
}

Awaitable<Result<void>> events(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const TimeSpan span, span_of(exchange.request()));
    RT_CO_TRY_ASSIGN(const auto texts, filters_of(exchange.request()));
    RT_CO_TRY_ASSIGN(const EventFilters filters, EventFilters::parse(texts));
    // Listening first: each event is either in the past or news, or both, which its number shows.
    const auto news =
        services.events.listen_in_turn([filters](const Event& event) { return filters.matches(event); });
    const auto read = [&](std::int64_t after) {
        return services.workers.run(named_work(exchange.request(), [after, span, filters](Engine& engine) {
            return read_past(engine, after, span, filters);
        }));
    };
    auto reading = read(0);
    RT_CO_TRY_ASSIGN(Past past, co_await std::move(reading));
    co_await exchange.begin(kJsonHead);
    co_await exchange.write(past.lines);
    for (;;) { // what is being written is not broken off in its midst
        const auto woken =
            co_await (news->arrived() || until_time(exchange, span.until) || exchange.client_gone());
        if (woken.index() == 2) co_return Result<void>();
        if (woken.index() == 1) break;
        auto writing = write_some(exchange, *news, span, past.last_id);
        RT_CO_TRY(co_await std::move(writing));
    }
    reading = read(past.last_id); // what came in the last moment: it may not have been told yet
    RT_CO_TRY_ASSIGN(const Past rest, co_await std::move(reading));
    co_await exchange.write(rest.lines);
    co_return Result<void>();
}

} // namespace

std::vector<Route> event_routes() {
    return {{"GET", "/events", events}};
}

} // namespace rt::rtd
