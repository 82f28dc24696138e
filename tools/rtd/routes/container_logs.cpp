// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/container_logs.hpp"
#include "tools/rtd/routes/named_work.hpp"

#include "core/base/clock.hpp"
#include "core/base/time_text.hpp"
#include "core/container/log_reader.hpp"
#include "core/container/recovery.hpp"
#include "tools/rtd/routes/stdio_relay.hpp"
#include "tools/rtd/services.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <array>
#include <memory>

namespace rt::rtd {
namespace {

using namespace asio::experimental::awaitable_operators;

// The log of one container as a client wants it, piece by piece.
class LogPages {
public:
    static Result<std::shared_ptr<LogPages>> open(const Path& file, const LogWishes& wishes) {
        RT_TRY_ASSIGN(LogReader reader, LogReader::open(file, wishes.tail));
        return std::make_shared<LogPages>(std::move(reader), wishes);
    }

    LogPages(LogReader reader, const LogWishes& wishes)
        : reader_(std::move(reader)), wishes_(wishes), span_{wishes.since, wishes.until} {}

    struct Page {
        std::string text;
        bool is_last = false; // for now
    };
    // Blocks on the disk.
    Result<Page> next() {
        constexpr std::size_t kEnough = 16U << 10U;
        Page page;
        while (page.text.size() < kEnough && !page.is_last) {
            RT_TRY_ASSIGN(const bool has_more,
                          reader_.read_some([&](const LogEntry& entry) { return add(entry, page.text); }));
            page.is_last = !has_more || reader_.stopped();
        }
        return page;
    }
    [[nodiscard]] bool over() const { return reader_.stopped(); }

private:
    bool add(const LogEntry& entry, std::string& page) {
        const auto place = span_.place_of(entry);
        if (place == LogSpan::Place::after) return false;
        if (place == LogSpan::Place::before) return true;
        if (entry.stream == Stream::error ? !wishes_.error : !wishes_.out) return true;
        bool& goes_on = in_line_.at(static_cast<std::size_t>(entry.stream));
        std::string line;
        if (!goes_on && wishes_.timestamps) line += cat(entry.time, " ");
        if (!goes_on && wishes_.details) line += cat(entry.details, " ");
        line += entry.text;
        goes_on = !entry.text.ends_with('\n');
        page += wishes_.terminal ? line : stdio_frame(entry.stream, line);
        return true;
    }

    LogReader reader_;
    LogWishes wishes_;
    LogSpan span_;
    std::array<bool, 3> in_line_{};
};

Awaitable<Result<void>> write_pages(Services& services, Exchange& exchange,
                                    const std::shared_ptr<LogPages>& pages) {
    for (;;) {
        auto task = services.workers.run([pages] { return pages->next(); });
        RT_CO_TRY_ASSIGN(const LogPages::Page page, co_await std::move(task));
        if (!page.text.empty()) co_await exchange.write(page.text);
        if (page.is_last) co_return Result<void>();
    }
}

struct Found {
    Container container;
    Path file;
    bool terminal = false, runs = false;
};

Result<Found> find_log(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container stored, state->containers.find(reference));
    Found found;
    RT_TRY_ASSIGN(found.container, refresh(engine, stored));
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(found.container.spec));
    if (spec.log_config.type == "none")
        return fail(Code::failed_precondition, "configured logging driver does not support reading");
    found.file = engine.log_file(found.container.id);
    found.terminal = spec.terminal;
    found.runs = found.container.phase == Phase::running;
    return found;
}

Result<std::int64_t> time_of(const Request& request, const char* name) {
    const std::string text = request.query.get(name);
    if (text.empty() || text == "0") return 0;
    return parse_time(text, now_ns());
}

Result<LogWishes> wishes_of(const Request& request) {
    LogWishes wishes;
    wishes.out = request.query.flag("stdout");
    wishes.error = request.query.flag("stderr");
    if (!wishes.out && !wishes.error)
        return fail(Code::invalid_argument, "Bad parameters: you must choose at least one stream");
    wishes.timestamps = request.query.flag("timestamps");
    wishes.details = request.query.flag("details");
    RT_TRY_ASSIGN(wishes.since, time_of(request, "since"));
    RT_TRY_ASSIGN(wishes.until, time_of(request, "until"));
    // docker takes what is no number for "all".
    if (const auto tail = request.query.number("tail"); tail && *tail) wishes.tail = **tail;
    return wishes;
}

// Of one container: its ends, and whether it runs when some of them were lost.
struct Ends {
    using Listen = std::function<std::shared_ptr<EventQueue>()>;
    Listen listen;
    std::string id;
    std::shared_ptr<EventQueue> queue = listen();
};

Awaitable<Result<bool>> has_ended(Services& services, Ends& ends, const Result<SharedEvent>& event) {
    if (event) co_return true;
    ends.queue = ends.listen();
    auto task = services.workers.run([id = ends.id](Engine& engine) { return find_log(engine, id); });
    const auto now = co_await std::move(task);
    if (!now && now.error().code != Code::not_found) co_return std::unexpected(now.error());
    co_return !now || !now->runs;
}

Awaitable<Result<void>> follow(Services& services, Exchange& exchange, LogWatch& watch, Ends& ends,
                               const std::shared_ptr<LogPages>& pages) {
    for (bool ended = false;;) {
        RT_CO_TRY(co_await write_pages(services, exchange, pages));
        if (ended || pages->over()) co_return Result<void>();
        const auto next = co_await (watch.changed() || ends.queue->arrived() || exchange.client_gone());
        if (next.index() == 2) co_return Result<void>();
        if (!ends.queue->has_some()) continue;
        const auto event = ends.queue->take();
        RT_CO_TRY_ASSIGN(ended, co_await has_ended(services, ends, event)); // all is in the log by now
    }
}

} // namespace

Awaitable<Result<void>> write_logs(Services& services, Exchange& exchange, const LogWishes& wishes) {
    auto task = services.workers.run(
        [wishes](Engine& engine) { return LogPages::open(engine.log_file(wishes.container_id), wishes); });
    RT_CO_TRY_ASSIGN(const auto pages, co_await std::move(task));
    co_return co_await write_pages(services, exchange, pages);
}

Awaitable<Result<void>> logs(Services& services, Exchange& exchange) {
    const Request& request = exchange.request();
    RT_CO_TRY_ASSIGN(LogWishes wishes, wishes_of(request));
    // Listening first: an end between the look and the waiting is heard.
    const auto id = std::make_shared<std::string>();
    const Ends::Listen listen = [&services, id] {
        return services.events.listen([id](const Event& event) {
            return event.type == "container" && (event.action == "die" || event.action == "destroy") &&
                   (id->empty() || event.actor_id == *id);
        });
    };
    Ends ends{listen, {}};
    const std::string reference = request.parameter("id");
    auto task = services.workers.run(
        named_work(request, [reference](Engine& engine) { return find_log(engine, reference); }));
    RT_CO_TRY_ASSIGN(const Found found, co_await std::move(task));
    *id = ends.id = wishes.container_id = found.container.id;
    wishes.terminal = found.terminal;
    const bool follows = request.query.flag("follow") && found.runs;
    std::shared_ptr<LogWatch> watch; // before the file is read: what is written meanwhile is heard
    if (follows) {
        RT_CO_TRY_ASSIGN(watch, services.logs.watch(found.file));
    }
    auto opening = services.workers.run(
        named_work(request, [wishes, file = found.file](Engine&) { return LogPages::open(file, wishes); }));
    RT_CO_TRY_ASSIGN(const auto pages, co_await std::move(opening));
    const Answer head{200, stdio_content_type(request, found.terminal)};
    co_await exchange.begin(head);
    if (!follows) co_return co_await write_pages(services, exchange, pages);
    co_return co_await follow(services, exchange, *watch, ends, pages);
}

} // namespace rt::rtd
