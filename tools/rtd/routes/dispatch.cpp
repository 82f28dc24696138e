// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/routes/dispatch.hpp"

#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/routes.hpp"

namespace rt::rtd {
namespace {

constexpr std::size_t kBodyLimit = 8U << 20U; // of a JSON body

// All that answers to questions depend on.
std::string question_of(const Request& request) {
    std::string question = cat(to_string(request.version), " ", request.path);
    for (const auto& [name, value] : request.query.values()) question += cat('\0', name, '\0', value);
    if (const std::string auth = request.header("X-Registry-Auth"); !auth.empty())
        question += cat('\0', auth);
    return question;
}

Awaitable<Result<void>> do_work(Services& services, Work work, Exchange& exchange) {
    auto body = co_await exchange.whole_body(kBodyLimit);
    if (!body && body.error().code == Code::resource_exhausted) {
        Answer answer = error_answer(body.error());
        answer.status = 413;
        co_await exchange.answer(answer);
        co_return Result<void>();
    }
    RT_CO_TRY(body);
    Request request = exchange.request();
    request.body = std::move(*body);
    auto call = [work, request](Engine& engine) { return work(engine, request); };
    if (request.method == "GET" && request.body.empty()) {
        auto asking = services.questions.ask(question_of(request), named_work(request, std::move(call)));
        const SharedWork::Outcome shared = co_await std::move(asking);
        if (!*shared) co_return std::unexpected(shared->error());
        co_await exchange.answer(**shared);
        co_return Result<void>();
    }
    auto task = services.workers.run(named_work(request, std::move(call)));
    RT_CO_TRY_ASSIGN(const Answer answer, co_await std::move(task));
    co_await exchange.answer(answer);
    co_return Result<void>();
}

} // namespace

Result<Handler> find_handler(Services& services, Request& request) {
    RT_TRY_ASSIGN(const Route* const route, find_route(all_routes(), request));
    request.route = route->pattern;
    if (const auto* streaming = std::get_if<Streaming>(&route->action))
        return [&services, run = *streaming](Exchange& exchange) { return run(services, exchange); };
    return [&services, work = std::get<Work>(route->action)](Exchange& exchange) {
        return do_work(services, work, exchange);
    };
}

} // namespace rt::rtd
