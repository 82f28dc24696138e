// SPDX-License-Identifier: Apache-2.0
#include "core/api/disk_usage.hpp"
#include "core/api/system_json.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/models/answer_shape.hpp"
#include "tools/rtd/routes/routes.hpp"
#include "tools/rtd/services.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

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
    Json answer = api::version_json(api::look_at_host(), RT_VERSION);
    answer["MinAPIVersion"] = to_string(kOldest);
    Json& details = answer["Components"][0]["Details"]; // what docker's client shows
    for (const char* key : {"ApiVersion", "MinAPIVersion", "Os", "Arch", "KernelVersion"})
        details[key] = answer[key];
    details["Experimental"] = "false";
    return json_answer(answer);
}

Result<Answer> info(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const api::EngineView view, api::look_at_engine(engine));
    return json_answer(
        shaped(Shape::info, api::info_json(view, api::look_at_host(), RT_VERSION), request.version));
}

Result<Answer> disk_usage(Engine& engine, const Request& request) {
    const bool chooses = request.version >= ApiVersion{1, 42} && request.query.has("type");
    const auto types = request.query.all("type");
    for (const std::string& type : types)
        if (type != "container" && type != "image" && type != "volume" && type != "build-cache" && chooses)
            return fail(Code::invalid_argument, "unknown object type: ", type);
    RT_TRY_ASSIGN(const api::DiskView view, api::look_at_disk(engine));
    for (const Error& problem : view.use.problems) log(LogLevel::warning, problem.message);
    Json answer = api::disk_usage_json(view);
    if (chooses) {
        const auto keep_if = [&](const char* type, const char* key) {
            if (std::ranges::find(types, type) == types.end()) answer[key] = nullptr;
        };
        keep_if("image", "Images");
        keep_if("container", "Containers");
        keep_if("volume", "Volumes");
        keep_if("build-cache", "BuildCache");
        if (answer["Images"].is_null()) answer["LayersSize"] = 0;
    }
    return json_answer(shaped(Shape::disk_usage, std::move(answer), request.version));
}

// `docker system prune` asks for it, and stops at an error: there is nothing of builds here.
Result<Answer> prune_builds(Engine& /*unused*/, const Request& /*unused*/) {
    return json_answer({{"CachesDeleted", Json()}, {"SpaceReclaimed", 0}});
}

} // namespace

std::vector<Route> system_routes() {
    return {{"GET", "/_ping", ping},           {"HEAD", "/_ping", ping},
            {"GET", "/version", version},      {"GET", "/info", info},
            {"GET", "/system/df", disk_usage}, {"POST", "/build/prune", prune_builds}};
}

} // namespace rt::rtd
