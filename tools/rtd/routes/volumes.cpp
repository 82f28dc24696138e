// SPDX-License-Identifier: Apache-2.0
#include "core/container/engine.hpp"
#include "core/volume/volume_service.hpp"
#include "core/volume/volume_view.hpp"
#include "tools/rtd/log.hpp"
#include "tools/rtd/models/filters.hpp"
#include "tools/rtd/models/object_reader.hpp"
#include "tools/rtd/routes/routes.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

// docker's filters were flags of their own once.
VolumeFilters::For kind_for(const Request& request) {
    return request.method == "GET" ? VolumeFilters::For::listing : VolumeFilters::For::pruning;
}

Result<Answer> volume_list(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto texts, filters_of(request));
    RT_TRY_ASSIGN(const auto filters, VolumeFilters::parse(texts, kind_for(request)));
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    Json warnings = Json::array();
    for (const Error& problem : service.finish_removals()) warnings.push_back(problem.message);
    RT_TRY_ASSIGN(const auto volumes, service.list());
    Json answer = Json::array();
    for (const Volume& volume : volumes) {
        RT_TRY_ASSIGN(const bool used, service.is_used(volume));
        if (filters.matches(volume, used))
            answer.push_back(inspect_volume(volume, service.data(volume.name)));
    }
    return json_answer({{"Volumes", std::move(answer)}, {"Warnings", warnings.empty() ? Json() : warnings}});
}

Result<Answer> volume_inspect(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    RT_TRY_ASSIGN(const Volume volume, service.find(request.parameter("name")));
    return json_answer(inspect_volume(volume, service.data(volume.name)));
}

Result<Answer> create(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const Json body, request.json());
    ObjectReader reader(body);
    Volume wanted;
    std::string driver;
    reader.text("Name", wanted.name);
    reader.text("Driver", driver);
    if (!driver.empty()) wanted.driver = driver;
    reader.map("DriverOpts", wanted.options);
    reader.map("Labels", wanted.labels);
    if (reader.has("ClusterVolumeSpec"))
        return fail(Code::unsupported, "ClusterVolumeSpec is of swarms, which rt has not");
    RT_TRY(reader.done());
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    RT_TRY_ASSIGN(const Volume made, service.create(std::move(wanted)));
    return json_answer(inspect_volume(made, service.data(made.name)), 201);
}

Result<Answer> volume_remove(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    const auto removed = service.remove(request.parameter("name"));
    const bool gone = !removed && removed.error().code == Code::not_found;
    if (!removed && !(gone && request.query.flag("force"))) return std::unexpected(removed.error());
    return empty_answer();
}

Result<Answer> volume_prune(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(const auto texts, filters_of(request));
    RT_TRY_ASSIGN(const auto filters, VolumeFilters::parse(texts, kind_for(request)));
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    // Before API 1.42 all that nobody uses went.
    const bool all = filters.wants_all() || request.version < ApiVersion{1, 42};
    RT_TRY_ASSIGN(const auto pruned,
                  service.prune(filters, all ? VolumeService::Which::all : VolumeService::Which::anonymous));
    for (const Error& problem : pruned.problems) log(LogLevel::warning, problem.message);
    return json_answer({{"VolumesDeleted", pruned.names.empty() ? Json() : Json(pruned.names)},
                        {"SpaceReclaimed", pruned.bytes}});
}

} // namespace

std::vector<Route> volume_routes() {
    return {{"GET", "/volumes", volume_list},
            {"POST", "/volumes/create", create},
            {"POST", "/volumes/prune", volume_prune},
            {"GET", "/volumes/{name}", volume_inspect},
            {"DELETE", "/volumes/{name}", volume_remove}};
}

} // namespace rt::rtd
