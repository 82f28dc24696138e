// SPDX-License-Identifier: Apache-2.0
// Containers: looking at them, and the verbs of their life that are answered when they are done.
#include "core/api/container_json.hpp"
#include "core/api/system_view.hpp"
#include "core/base/clock.hpp"
#include "core/container/create.hpp"
#include "core/container/life.hpp"
#include "core/container/listing.hpp"
#include "core/container/pause.hpp"
#include "core/container/prune.hpp"
#include "core/container/recovery.hpp"
#include "core/container/start.hpp"
#include "core/container/stop.hpp"
#include "core/container/top.hpp"
#include "core/container/update.hpp"
#include "core/image/platform.hpp"
#include "tools/rtd/engine/listing_cache.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/models/answer_shape.hpp"
#include "tools/rtd/models/container_request.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/models/request_shape.hpp"
#include "tools/rtd/routes/named_work.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>

namespace rt::rtd {
namespace {

void log_all(const std::vector<Error>& problems) {
    for (const Error& problem : problems) log(LogLevel::warning, problem.message);
}

// How many of which.
struct ListSpan {
    bool all = false;
    std::size_t most = SIZE_MAX;
};

// What killed processes have left is cleaned up on the way, at most once a second: the end of a shim, which
// is what changes a listing, LeaseKeeper hears of at once.
void recover_now_and_then(Engine& engine) {
    constexpr std::int64_t kPause = 1'000'000'000; // ns
    static std::atomic<std::int64_t> next = 0;
    const std::int64_t now = monotonic_ns();
    std::int64_t due = next;
    if (now < due || !next.compare_exchange_strong(due, now + kPause)) return;
    log_all(recover(engine));
}

// Without filters and sizes, as clients that show what there is ask again and again.
Result<Answer> plain_list(Engine& engine, const Request& request, const ListSpan& span) {
    static ListingCache cache;
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    recover_now_and_then(engine);
    RT_TRY_ASSIGN(const auto containers, state->containers.list());
    RT_TRY_ASSIGN(Summarizer summarizer, Summarizer::make(engine, *state));
    std::string body = "[";
    std::size_t count = 0;
    for (const Container& stored : containers) {
        if (count == span.most) break;
        if (!span.all && stored.phase != Phase::running && stored.phase != Phase::restarting) continue;
        const ContainerNow now = summarizer.look_at(stored);
        if (!span.all && !now.is_alive()) continue;
        const auto make = [&]() -> Result<std::string> {
            RT_TRY_ASSIGN(const ContainerSummary summary, summarizer.summarize(now));
            return shaped(Shape::container_summary,
                          api::container_summary_json(summary, engine.wiring().root / "volumes"),
                          request.version)
                .dump(-1, ' ', false, Json::error_handler_t::replace);
        };
        RT_TRY_ASSIGN(const auto text,
                      cache.text(stored, now, summarizer.image_of(stored), request.version, make));
        if (count++ > 0) body += ',';
        body += *text;
    }
    cache.forget_others(containers);
    return Answer{200, "application/json", body + "]\n"};
}

Result<Answer> container_list(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const auto texts, filters_of(request));
    RT_TRY_ASSIGN(const auto filters, ContainerFilters::parse(*state, texts));
    RT_TRY_ASSIGN(const auto limit, request.query.number("limit"));
    const bool last = limit && *limit > 0;
    const bool all = request.query.flag("all") || last || filters.wants_all();
    const bool sizes = request.query.flag("size");
    if (texts.empty() && !sizes)
        return plain_list(engine, request, {all, last ? static_cast<std::size_t>(*limit) : SIZE_MAX});
    RT_TRY_ASSIGN(const ContainerList found, list_containers(engine));
    log_all(found.problems);
    Json answer = Json::array();
    for (const ContainerSummary& summary : found.containers) {
        const bool is_alive =
            summary.state == "running" || summary.state == "paused" || summary.state == "restarting";
        if ((!all && !is_alive) || !filters.matches(summary)) continue;
        if (last && answer.size() == static_cast<std::size_t>(*limit)) break;
        Json one = api::container_summary_json(summary, engine.wiring().root / "volumes");
        if (sizes)
            if (const auto use = disk_use(engine, summary.record)) {
                one["SizeRw"] = use->own;
                one["SizeRootFs"] = use->whole;
            }
        answer.push_back(shaped(Shape::container_summary, std::move(one), request.version));
    }
    return json_answer(answer);
}

Result<Answer> container_inspect(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(request.parameter("id")));
    auto now = refresh(engine, found);
    if (!now && now.error().code == Code::not_found)
        return fail(Code::not_found, "No such container: ", request.parameter("id"));
    RT_TRY_ASSIGN(const Container container, std::move(now));
    RT_TRY_ASSIGN(const auto view, api::look_at(engine, container, {.sizes = request.query.flag("size")}));
    return json_answer(shaped(Shape::container, api::container_json(view), request.version));
}

// Clients take what is not found for the image, and pull that.
Error not_the_image(Engine& engine, const std::string& image, Error error) {
    if (error.code != Code::not_found) return error;
    const auto state = engine.state();
    if (state && (*state)->images.find(image)) error.code = Code::invalid_argument;
    return error;
}

Result<Answer> create_one(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Json said, request.json());
    const bool asks = request.version < ApiVersion{1, 41}; // it is of importance for these only
    const auto cgroups = asks && !api::look_at_host().cgroup_v2 ? HostCgroups::v1 : HostCgroups::v2;
    RT_TRY_ASSIGN(const Json body, create_request_of(std::move(said), request.version, cgroups));
    RT_TRY_ASSIGN(ContainerSpec spec, container_request(body));
    spec.name = request.query.get("name");
    if (spec.name.starts_with('/')) spec.name.erase(0, 1);
    RunOptions options;
    options.pull = PullPolicy::never; // clients pull by themselves when they hear that there is no such image
    RT_TRY(check_host_runs(request.query.get("platform")));
    // Clients take what is not found for the image.
    if (!spec.isolation.empty() && !engine.wiring().isolation.drivers.contains(spec.isolation))
        return fail(Code::invalid_argument, "unknown or invalid runtime name: ", spec.isolation);
    const auto made = create(engine, spec, options);
    if (!made) return std::unexpected(not_the_image(engine, spec.image, made.error()));
    return json_answer({{"Id", made->record.id}, {"Warnings", made->warnings}}, 201);
}

// Seconds to wait before the kill: absent, as the container says; below 0, for ever.
Result<std::optional<std::chrono::seconds>> grace_of(const Request& request) {
    RT_TRY_ASSIGN(const auto seconds, request.query.number("t"));
    if (!seconds) return std::nullopt;
    return std::chrono::seconds(*seconds);
}

// With what it is asked to end: empty, as the container says.
Result<std::optional<int>> signal_of(const Request& request) {
    const std::string text = request.query.get("signal");
    if (text.empty() || request.version < ApiVersion{1, 42}) return std::nullopt;
    RT_TRY_ASSIGN(const int number, parse_signal(text));
    return number;
}

Result<bool> is_at_rest(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container now, refresh(engine, found));
    return now.phase == Phase::created || now.phase == Phase::exited;
}

Result<Answer> stop_and_answer(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto signal_number, signal_of(request));
    RT_TRY_ASSIGN(const auto grace, grace_of(request));
    RT_TRY_ASSIGN(const bool rests, is_at_rest(engine, request.parameter("id")));
    if (rests) return empty_answer(304);
    RT_TRY(stop(engine, request.parameter("id"), grace, StopReason::user, signal_number));
    return empty_answer();
}

// As long as the container is given.
Awaitable<Result<void>> stop_one(Services& services, Exchange& exchange) {
    constexpr std::size_t kLimit = 1024;
    RT_CO_TRY(co_await exchange.whole_body(kLimit)); // nobody sends any
    const Request& request = exchange.request();
    auto task = services.patient.run(
        named_work(request, [request](Engine& engine) { return stop_and_answer(engine, request); }));
    RT_CO_TRY_ASSIGN(const Answer answer, co_await std::move(task));
    co_await exchange.answer(answer);
    co_return Result<void>();
}

Result<Answer> kill_one(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const int number, parse_signal(request.query.get("signal", "KILL")));
    RT_TRY(kill(engine, request.parameter("id"), number));
    return empty_answer();
}

Result<Answer> rename_one(Engine& engine, const Request& request) {
    std::string name = request.query.get("name");
    if (name.starts_with('/')) name.erase(0, 1);
    if (name.empty()) return fail(Code::invalid_argument, "Neither old nor new names may be empty");
    RT_TRY(rename(engine, request.parameter("id"), name));
    return empty_answer();
}

Result<Answer> pause_one(Engine& engine, const Request& request) {
    RT_TRY(pause(engine, request.parameter("id")));
    return empty_answer();
}

Result<Answer> unpause_one(Engine& engine, const Request& request) {
    RT_TRY(unpause(engine, request.parameter("id")));
    return empty_answer();
}

Result<Answer> update_one(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Json said, request.json());
    const Json body = update_request_of(std::move(said), request.version);
    RT_TRY_ASSIGN(const ContainerUpdate update, update_request(body));
    RT_TRY_ASSIGN(const auto warnings, update_container(engine, request.parameter("id"), update));
    return json_answer({{"Warnings", warnings}});
}

Result<Answer> container_remove(Engine& engine, const Request& request) {
    if (request.query.flag("link"))
        return fail(Code::unsupported,
                    "the parameter 'link' is not supported: a link goes with its place in a network ("
                    "network disconnect)");
    RT_TRY(remove(engine, request.parameter("id"), request.query.flag("force") ? Force::yes : Force::no,
                  request.query.flag("v") ? AnonymousVolumes::remove : AnonymousVolumes::keep));
    return empty_answer();
}

Result<Answer> top_of(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const ProcessTable table,
                  top(engine, request.parameter("id"), request.query.get("ps_args", "-ef")));
    return json_answer({{"Titles", table.titles}, {"Processes", table.processes}});
}

Result<Answer> container_prune(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto texts, filters_of(request));
    RT_TRY_ASSIGN(const PruneFilters filters, PruneFilters::parse(texts, now_ns()));
    RT_TRY_ASSIGN(const Pruned pruned, prune_containers(engine, filters));
    log_all(pruned.problems);
    return json_answer({{"ContainersDeleted", pruned.deleted.empty() ? Json() : Json(pruned.deleted)},
                        {"SpaceReclaimed", pruned.reclaimed}});
}

// docker's client looks for these words to choose its exit code.
Error start_in_dockers_words(RunFailure failure) {
    Error error = std::move(failure.error);
    // A port that is taken, say; docker's daemon has no status of its own for that.
    if (!failure.runs_already && error.code == Code::already_exists) error.code = Code::internal;
    if (!failure.program_failed) return error;
    const std::string why =
        error.code == Code::not_found ? "executable file not found in $PATH" : "permission denied";
    const bool says_why = error.message.find(why) != std::string::npos;
    error.message = cat("failed to start the container's program: ", error.message, says_why ? "" : ": ",
                        says_why ? "" : why);
    error.code = Code::invalid_argument;
    return error;
}

struct Started {
    std::string id;
    std::shared_ptr<ShimClient> shim;
};

// What start and restart have in common: the lease is ours from then on, and who waits to attach joins.
template <class Verb>
Awaitable<Result<void>> bring_up(Services& services, WorkerPool& pool, const Request& request, Verb verb) {
    auto work = [&services, verb](Engine& engine) -> Result<Started> {
        RunOptions options;
        options.before_program = [&](const std::string& id) { services.attaches.join_all(engine, id); };
        auto outcome = verb(engine, options);
        if (!outcome) return std::unexpected(start_in_dockers_words(std::move(outcome).error()));
        for (const std::string& warning : outcome->warnings) log(LogLevel::warning, warning);
        RT_TRY(outcome->shim.watch_exit());
        return Started{outcome->record.id, std::make_shared<ShimClient>(std::move(outcome->shim))};
    };
    auto task = pool.run(named_work(request, std::move(work)));
    auto started = co_await std::move(task);
    RT_CO_TRY(started);
    services.leases.keep(started->id, std::move(*started->shim));
    co_return Result<void>();
}

Awaitable<Result<void>> start_one(Services& services, Exchange& exchange) {
    constexpr std::size_t kLimit = 1024;
    RT_CO_TRY(co_await exchange.whole_body(kLimit)); // a HostConfig was taken here before API 1.24
    const std::string id = exchange.request().parameter("id");
    const auto runs_already = std::make_shared<bool>(false);
    auto task = bring_up(services, services.workers, exchange.request(),
                         [id, runs_already](Engine& engine, const RunOptions& options) {
                             auto started = start(engine, id, options);
                             *runs_already = !started && started.error().runs_already;
                             return started;
                         });
    const Result<void> up = co_await std::move(task);
    if (!up && !*runs_already) co_return up;
    co_await exchange.answer(empty_answer(*runs_already ? 304 : 204));
    co_return Result<void>();
}

Awaitable<Result<void>> restart_one(Services& services, Exchange& exchange) {
    RT_CO_TRY_ASSIGN(const auto signal_number, signal_of(exchange.request()));
    RT_CO_TRY_ASSIGN(const auto grace, grace_of(exchange.request()));
    const std::string id = exchange.request().parameter("id");
    auto task = bring_up(services, services.patient, exchange.request(),
                         [id, grace, signal_number](Engine& engine, const RunOptions& options) {
                             return restart(engine, id, grace, options, signal_number);
                         });
    RT_CO_TRY(co_await std::move(task));
    co_await exchange.answer(empty_answer());
    co_return Result<void>();
}

} // namespace

std::vector<Route> container_routes() {
    return {
        {"GET", "/containers/json", container_list},     {"POST", "/containers/create", create_one},
        {"POST", "/containers/prune", container_prune},  {"GET", "/containers/{id}/json", container_inspect},
        {"GET", "/containers/{id}/top", top_of},         {"POST", "/containers/{id}/start", start_one},
        {"POST", "/containers/{id}/stop", stop_one},     {"POST", "/containers/{id}/restart", restart_one},
        {"POST", "/containers/{id}/kill", kill_one},     {"POST", "/containers/{id}/rename", rename_one},
        {"POST", "/containers/{id}/pause", pause_one},   {"POST", "/containers/{id}/unpause", unpause_one},
        {"POST", "/containers/{id}/update", update_one}, {"DELETE", "/containers/{id}", container_remove}};
}

} // namespace rt::rtd
