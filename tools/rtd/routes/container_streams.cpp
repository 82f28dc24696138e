// SPDX-License-Identifier: Apache-2.0
// What clients take part in or wait for: attach, resize, wait.
#include "core/container/container_events.hpp"
#include "core/container/detach_keys.hpp"
#include "core/container/ended_run.hpp"
#include "core/container/life.hpp"
#include "core/container/running_shim.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/routes/container_logs.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/routes/stdio_relay.hpp"
#include "tools/rtd/services.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

using namespace asio::experimental::awaitable_operators;

struct Attachee {
    Container container;
    bool terminal = false, stdin_once = false, open_stdin = false;
    std::shared_ptr<ShimClient> shim; // null: it does not run yet
    Path run_directory{};             // which it has while it is started or runs
};

Result<Attachee> find_attachee(Engine& engine, const std::string& reference, bool with_stdin) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    Attachee attachee;
    RT_TRY_ASSIGN(attachee.container, settled(engine, found)); // one that has just ended is not joined
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(attachee.container.spec));
    attachee.terminal = spec.terminal;
    attachee.open_stdin = spec.open_stdin;
    attachee.stdin_once = spec.stdin_once;
    attachee.run_directory = engine.run_directory(attachee.container.id);
    if (attachee.container.phase != Phase::running) return attachee;
    if (::access((engine.run_directory(attachee.container.id) / "paused").c_str(), F_OK) == 0)
        return fail(Code::failed_precondition, "container ", attachee.container.name,
                    " is paused, unpause the container before attach");
    RT_TRY_ASSIGN(ShimClient shim, connect_running(engine, attachee.container, "attach to"));
    RT_TRY(shim.attach(with_stdin && attachee.open_stdin));
    attachee.shim = std::make_shared<ShimClient>(std::move(shim));
    return attachee;
}

Result<std::string> detach_keys_of(const Request& request) {
    const std::string keys = request.query.get("detachKeys");
    return parse_detach_keys(keys.empty() ? kDefaultDetachKeys : std::string_view(keys));
}

Awaitable<void> note(Services& services, Container container, std::string action) {
    auto task = services.workers.run(
        [container = std::move(container), action = std::move(action)](Engine& engine) -> Result<void> {
            RT_TRY_ASSIGN(Engine::State* const state, engine.state());
            return record_event(*state, container, action);
        });
    const auto noted = co_await std::move(task);
    if (!noted) log(LogLevel::warning, noted.error().message);
}

// Another process may have started it since we looked, so that nobody will say so any more.
void join_if_started(Services& services, const Attachee& attachee) {
    if (::access(attachee.run_directory.c_str(), F_OK) != 0) return;
    services.workers.post([&services, id = attachee.container.id](WorkerPool::Loan& loan) {
        const auto engine = loan.engine();
        const auto state = engine ? (*engine)->state() : std::unexpected(engine.error());
        const auto now = state ? (*state)->containers.find(id) : std::unexpected(state.error());
        if (now && now->phase == Phase::running) services.attaches.join_all(**engine, id);
    });
}

Awaitable<Result<void>> attach(Services& services, Exchange& exchange) {
    const Request& request = exchange.request();
    StdioWishes wishes;
    const bool streams = request.query.flag("stream");
    wishes.in = streams && request.query.flag("stdin");
    wishes.out = request.query.flag("stdout");
    wishes.error = request.query.flag("stderr");
    RT_CO_TRY_ASSIGN(wishes.detach_keys, detach_keys_of(request));
    const std::string reference = request.parameter("id");
    auto task = services.workers.run(named_work(request, [reference, in = wishes.in](Engine& engine) {
        return find_attachee(engine, reference, in);
    }));
    RT_CO_TRY_ASSIGN(Attachee attachee, co_await std::move(task));
    wishes.terminal = attachee.terminal;
    wishes.in = wishes.in && attachee.open_stdin;
    wishes.in_ends = attachee.stdin_once && !attachee.terminal;
    if (!attachee.terminal) wishes.detach_keys.clear();
    // Before the head of the answer: the client's next word may be to start it.
    std::shared_ptr<PendingAttaches::Waiting> waiting;
    if (streams && attachee.shim == nullptr) {
        waiting = services.attaches.wait(attachee.container.id, wishes.in);
        join_if_started(services, attachee);
    }
    co_await exchange.hijack(stdio_content_type(request, attachee.terminal));
    if (request.query.flag("logs")) {
        const LogWishes all{attachee.container.id, wishes.out, wishes.error, attachee.terminal};
        RT_CO_TRY(co_await write_logs(services, exchange, all));
    }
    if (!streams) co_return Result<void>();
    co_await note(services, attachee.container, "attach");
    if (attachee.shim == nullptr) {
        auto joined = co_await (waiting->join() || exchange.client_hung_up());
        if (joined.index() == 1) co_return Result<void>();
        auto& outcome = std::get<0>(joined);
        if (!outcome) co_return std::unexpected(std::move(outcome).error());
        attachee.shim = std::make_shared<ShimClient>(std::move(*outcome));
    }
    ShimStream shim(exchange.executor(), std::move(*attachee.shim));
    const StdioResult result = co_await relay_stdio(exchange, shim, wishes);
    if (result.end == StdioEnd::detached) co_await note(services, attachee.container, "detach");
    co_return Result<void>();
}

Result<Answer> resize(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto rows, request.query.number("h"));
    RT_TRY_ASSIGN(const auto columns, request.query.number("w"));
    if (!rows || !columns || !std::in_range<unsigned short>(*rows) ||
        !std::in_range<unsigned short>(*columns))
        return fail(Code::invalid_argument, "resize: 'h' and 'w' are numbers up to 65535");
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(request.parameter("id")));
    RT_TRY_ASSIGN(ShimClient shim, connect_running(engine, container, "resize"));
    RT_TRY(shim.resize(static_cast<unsigned short>(*rows), static_cast<unsigned short>(*columns)));
    RT_TRY(record_event(*state, container, "resize",
                        {{"height", std::to_string(*rows)}, {"width", std::to_string(*columns)}}));
    return empty_answer(200);
}

// What concerns one container's end, once it is known whose.
class Ends {
public:
    explicit Ends(Services& services) : services_(services) { listen(); }

    void only_of(const WaitStart& begun) {
        *id_ = begun.container.id;
        last_event_ = begun.last_event;
    }
    void listen() {
        queue_ = services_.events.listen([id = id_](const Event& event) {
            return event.type == "container" && (event.action == "die" || event.action == "destroy") &&
                   (id->empty() || event.actor_id == *id);
        });
    }
    Awaitable<Result<SharedEvent>> next() {
        for (;;) { // some are of the time when nobody knew whose are wanted
            auto event = co_await queue_->next();
            if (!event || ((*event)->actor_id == *id_ && (*event)->id > last_event_)) co_return event;
        }
    }

private:
    Services& services_;
    std::shared_ptr<std::string> id_ = std::make_shared<std::string>(); // "": it is not known yet
    std::int64_t last_event_ = 0;
    std::shared_ptr<EventQueue> queue_;
};

// Until it is so; the exit code of the run that ended last.
Awaitable<Result<int>> wait_for(Services& services, Ends& ends, const WaitStart& begun, WaitFor condition) {
    if (condition == WaitFor::not_running && !begun.runs()) co_return begun.container.exit_code;
    int exit_code = begun.container.exit_code;
    for (int ends_before = begun.ends_before;;) {
        const auto event = co_await ends.next();
        if (event && (*event)->action == "destroy") co_return exit_code;
        if (event) {
            if (ends_before-- > 0) continue;
            exit_code = exit_code_of(**event);
            if (condition != WaitFor::removed) co_return exit_code;
            continue;
        }
        // Some were lost: it is looked at instead.
        ends.listen();
        auto task = services.workers.run([id = begun.container.id, condition](Engine& engine) {
            return begin_wait(engine, id, condition);
        });
        const auto now = co_await std::move(task);
        if (!now && now.error().code == Code::not_found) co_return exit_code;
        RT_CO_TRY(now);
        exit_code = now->container.exit_code;
        ends_before = now->ends_before;
        if (condition != WaitFor::removed && begun.runs() && !now->runs()) co_return exit_code;
    }
}

std::string wait_line(int exit_code) {
    return Json{{"StatusCode", exit_code}}.dump() + "\n";
}

Answer wait_answer(int exit_code) {
    return {200, "application/json", wait_line(exit_code)};
}

Awaitable<Result<void>> wait_one(Services& services, Exchange& exchange) {
    const bool old = exchange.request().version < ApiVersion{1, 30}; // neither conditions nor a head first
    RT_CO_TRY_ASSIGN(const WaitFor condition,
                     parse_wait_condition(old ? "" : exchange.request().query.get("condition")));
    // Listening first: what happens between the look and the waiting is heard.
    Ends ends(services);
    const std::string reference = exchange.request().parameter("id");
    auto task = services.workers.run(named_work(exchange.request(), [reference, condition](Engine& engine) {
        return begin_wait(engine, reference, condition);
    }));
    RT_CO_TRY_ASSIGN(const WaitStart begun, co_await std::move(task));
    ends.only_of(begun);
    if (!old) co_await exchange.begin(kJsonHead); // the client starts it when it has heard that we wait
    const auto ended = co_await (wait_for(services, ends, begun, condition) || exchange.client_gone());
    if (ended.index() == 1) co_return fail(Code::cancelled, "the client has gone");
    RT_CO_TRY_ASSIGN(const int exit_code, std::get<0>(ended));
    if (old)
        co_await exchange.answer(wait_answer(exit_code));
    else
        co_await exchange.write(wait_line(exit_code));
    co_return Result<void>();
}

} // namespace

std::vector<Route> container_stream_routes() {
    return {{"POST", "/containers/{id}/attach", attach},
            {"POST", "/containers/{id}/resize", resize},
            {"POST", "/containers/{id}/wait", wait_one},
            {"GET", "/containers/{id}/logs", logs}};
}

} // namespace rt::rtd
