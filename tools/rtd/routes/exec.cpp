// SPDX-License-Identifier: Apache-2.0
// Programs run in containers: made, started, asked for.
#include "core/container/exec.hpp"
#include "core/base/id.hpp"
#include "core/container/detach_keys.hpp"
#include "core/container/recovery.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/models/container_request.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/routes/stdio_relay.hpp"
#include "tools/rtd/services.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include <utility>

namespace rt::rtd {
namespace {

constexpr std::size_t kExecBodyLimit = 1U << 20U;

Result<Json> body_object(const std::string& text) {
    Request request;
    request.body = text;
    return request.json();
}

Result<std::shared_ptr<Exec>> find_exec(Services& services, const Exchange& exchange) {
    const std::string id = exchange.request().parameter("id");
    auto exec = services.execs.find(id);
    if (exec == nullptr) return fail(Code::not_found, "No such exec instance: ", id);
    return exec;
}

Answer made_answer(const Exec& exec) {
    return json_answer({{"Id", exec.id}}, 201);
}

Awaitable<Result<void>> exec_make(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const std::string text, co_await exchange.whole_body(kExecBodyLimit));
    RT_CO_TRY_ASSIGN(const Json body, body_object(text));
    Exec exec;
    exec.id = random_hex(64);
    RT_CO_TRY_ASSIGN(exec.request, exec_request(body));
    ObjectReader reader(body);
    std::string keys;
    reader.flag("AttachStdout", exec.attach_stdout);
    reader.flag("AttachStderr", exec.attach_stderr);
    reader.text("DetachKeys", keys);
    RT_CO_TRY(reader.done());
    if (exec.request.terminal) {
        RT_CO_TRY_ASSIGN(exec.detach_keys,
                         parse_detach_keys(keys.empty() ? kDefaultDetachKeys : std::string_view(keys)));
    }
    const std::string reference = exchange.request().parameter("id");
    auto task = services.workers.run(
        named_work(exchange.request(),
                   [reference, id = exec.id, request = exec.request](Engine& engine) -> Result<ExecPlan> {
                       RT_TRY_ASSIGN(ExecPlan plan, plan_exec(engine, reference, request));
                       plan.exec.id = id;
                       if (auto noted = note_exec_made(engine, plan); !noted)
                           log(LogLevel::warning, noted.error().message);
                       return plan;
                   }));
    RT_CO_TRY_ASSIGN(const ExecPlan plan, co_await std::move(task));
    exec.container_id = plan.container_id;
    const auto made = services.execs.add(std::move(exec));
    co_await exchange.answer(made_answer(*made));
    co_return Result<void>();
}

// Where nobody took part in it from the start, the shim tells of its end itself.
void note_end(Services& services, const ExecPlan& plan, const std::shared_ptr<Exec>& exec, int exit_code,
              ShimClient::Attach attached) {
    exec->exit_code = exit_code;
    exec->state = Exec::State::ended;
    exec->stream = nullptr;
    if (attached == ShimClient::Attach::none) return;
    services.workers.post([plan, exit_code](WorkerPool::Loan& loan) {
        const auto engine = loan.engine();
        const Result<void> noted =
            engine ? note_exec_end(**engine, plan, exit_code) : Result<void>(std::unexpected(engine.error()));
        if (!noted) log(LogLevel::warning, noted.error().message);
    });
}

// Nobody takes part, but its end is waited for.
Awaitable<void> watch(Services& services, ExecPlan plan, std::shared_ptr<Exec> exec,
                      ShimClient::Attach attached) {
    const auto stream = exec->stream;
    for (;;) {
        const auto event = co_await stream->next();
        if (event && event->kind != ShimEvent::Kind::exit && event->kind != ShimEvent::Kind::closed) continue;
        note_end(services, plan, exec,
                 event && event->kind == ShimEvent::Kind::exit ? event->exit.exit_code : 137, attached);
        co_return;
    }
}

// docker's client takes these words and 126 or 127 from here.
Error exec_in_dockers_words(RunFailure failure) {
    Error error = std::move(failure.error);
    if (!failure.program_failed) return error;
    const std::string why =
        error.code == Code::not_found ? "executable file not found in $PATH" : "permission denied";
    const auto says = [&](std::string_view words) { return error.message.find(words) != std::string::npos; };
    // Nothing of the program is missing where its user is, or its directory.
    const bool says_why = says(why) || says("unable to find") || says("working directory");
    error.message = cat("OCI runtime exec failed: exec failed: ", error.message, says_why ? "" : ": ",
                        says_why ? "" : why);
    error.code = Code::invalid_argument;
    return error;
}

struct Launched {
    ExecPlan plan;
    std::shared_ptr<ShimClient> shim;
    int pid = 0;
};

Result<Launched> launch(Engine& engine, const Exec& exec, ShimClient::Attach attach) {
    RT_TRY_ASSIGN(ExecPlan plan, plan_exec(engine, exec.container_id, exec.request));
    plan.exec.id = exec.id;
    auto started = start_exec(plan, attach, -1, [&] {
        if (auto noted = note_exec_start(engine, plan, ExecWasNoted::made); !noted)
            log(LogLevel::warning, noted.error().message);
    });
    if (!started) return std::unexpected(exec_in_dockers_words(std::move(started).error()));
    return Launched{std::move(plan), std::make_shared<ShimClient>(std::move(started->shim)), started->pid};
}

// As docker does where the client takes part: it asks for the exit code afterwards.
Awaitable<Result<void>> tell_on_the_stream(Exchange& exchange, const Exec& exec, std::string message) {
    message += "\r\n";
    const bool terminal = exec.request.terminal;
    const std::string framed = terminal ? message : stdio_frame(Stream::out, message);
    co_await exchange.hijack(stdio_content_type(exchange.request(), terminal));
    co_await exchange.write(framed);
    co_return Result<void>();
}

Awaitable<Result<void>> exec_start(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const std::string text, co_await exchange.whole_body(kExecBodyLimit));
    RT_CO_TRY_ASSIGN(const Json body, body_object(text));
    bool detach = false;
    ObjectReader reader(body);
    reader.flag("Detach", detach);
    RT_CO_TRY(reader.done());
    RT_CO_TRY_ASSIGN(const auto exec, find_exec(services, exchange));
    if (exec->state != Exec::State::made)
        co_return fail(Code::failed_precondition, "exec ", short_id(exec->id), " has already been started");
    exec->state = Exec::State::starting;
    const bool outputs = !detach && (exec->attach_stdout || exec->attach_stderr || exec->request.terminal);
    const bool input = !detach && exec->request.open_stdin;
    exec->request.open_stdin = input;
    const auto attach = input     ? ShimClient::Attach::output_and_input
                        : outputs ? ShimClient::Attach::output
                                  : ShimClient::Attach::none;
    auto work = [exec, attach](Engine& engine) { return launch(engine, *exec, attach); };
    auto task = services.workers.run(named_work(exchange.request(), std::move(work)));
    auto launched = co_await std::move(task);
    if (!launched) {
        exec->state = Exec::State::ended;
        exec->exit_code =
            launched.error().message.find("not found in $PATH") != std::string::npos ? 127 : 126;
        if (!detach) co_return co_await tell_on_the_stream(exchange, *exec, launched.error().message);
        co_return std::unexpected(std::move(launched).error());
    }
    exec->state = Exec::State::running;
    exec->pid = launched->pid;
    exec->stream = std::make_shared<ShimStream>(exchange.executor(), std::move(*launched->shim));
    if (attach == ShimClient::Attach::none) {
        asio::co_spawn(exchange.executor(), watch(services, launched->plan, exec, attach), asio::detached);
        if (detach)
            co_await exchange.answer(empty_answer(200));
        else
            co_await exchange.hijack(stdio_content_type(exchange.request(), false));
        co_return Result<void>();
    }
    const StdioWishes wishes{.terminal = exec->request.terminal,
                             .in = input,
                             .out = exec->attach_stdout || exec->request.terminal,
                             .error = exec->attach_stderr,
                             .in_ends = true,
                             .detach_keys = exec->detach_keys};
    const auto stream = exec->stream;
    StdioResult result;
    try {
        co_await exchange.hijack(stdio_content_type(exchange.request(), wishes.terminal));
        result = co_await relay_stdio(exchange, *stream, wishes);
    } catch (const boost::system::system_error&) { // the client has gone; the program goes on
        result.end = StdioEnd::detached;
    }
    if (result.end == StdioEnd::detached)
        asio::co_spawn(exchange.executor(), watch(services, launched->plan, exec, attach), asio::detached);
    else // before the client sees the end of the stream: it asks for the exit code next
        note_end(services, launched->plan, exec, result.end == StdioEnd::exited ? result.exit.exit_code : 137,
                 attach);
    co_return Result<void>();
}

Awaitable<Result<void>> exec_resize(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const auto exec, find_exec(services, exchange));
    RT_CO_TRY_ASSIGN(const auto rows, exchange.request().query.number("h"));
    RT_CO_TRY_ASSIGN(const auto columns, exchange.request().query.number("w"));
    if (!rows || !columns || !std::in_range<unsigned short>(*rows) ||
        !std::in_range<unsigned short>(*columns))
        co_return fail(Code::invalid_argument, "resize: 'h' and 'w' are numbers up to 65535");
    if (exec->stream == nullptr)
        co_return fail(Code::failed_precondition, "exec ", short_id(exec->id), " is not running");
    RT_CO_TRY(exec->stream->client().post_resize(static_cast<unsigned short>(*rows),
                                                 static_cast<unsigned short>(*columns)));
    co_await exchange.answer(empty_answer(200));
    co_return Result<void>();
}

Json exec_json(const Exec& exec) {
    const auto& command = exec.request.command;
    Json process{{"tty", exec.request.terminal},
                 {"entrypoint", command.front()},
                 {"arguments", std::vector<std::string>(command.begin() + 1, command.end())},
                 {"privileged", exec.request.privileged}};
    if (!exec.request.user.empty()) process["user"] = exec.request.user;
    const bool ended = exec.state == Exec::State::ended;
    return {{"ID", exec.id},
            {"Running", exec.state == Exec::State::running},
            {"ExitCode", ended ? Json(exec.exit_code) : Json()},
            {"ProcessConfig", std::move(process)},
            {"OpenStdin", exec.request.open_stdin},
            {"OpenStderr", exec.attach_stderr},
            {"OpenStdout", exec.attach_stdout},
            {"CanRemove", ended},
            {"ContainerID", exec.container_id},
            {"DetachKeys", ""},
            {"Pid", exec.state == Exec::State::running ? exec.pid : 0}};
}

Awaitable<Result<void>> exec_inspect(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const auto exec, find_exec(services, exchange));
    co_await exchange.answer(json_answer(exec_json(*exec)));
    co_return Result<void>();
}

} // namespace

std::vector<Route> exec_routes() {
    return {{"POST", "/containers/{id}/exec", exec_make},
            {"POST", "/exec/{id}/start", exec_start},
            {"POST", "/exec/{id}/resize", exec_resize},
            {"GET", "/exec/{id}/json", exec_inspect}};
}

} // namespace rt::rtd
