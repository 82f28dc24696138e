// SPDX-License-Identifier: Apache-2.0
// One image, here or at its registry: its names, how it came to be, what a name stands for.
#include "core/api/image_view.hpp"
#include "core/image/image_history.hpp"
#include "core/image/image_module.hpp"
#include "core/image/image_service.hpp"
#include "core/image/manifest.hpp"
#include "core/image/reference.hpp"
#include "tools/rtd/models/registry_auth.hpp"
#include "tools/rtd/routes/routes.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Result<Answer> tag(Engine& engine, const Request& request) {
    const std::string repository = request.query.get("repo");
    const std::string tag = request.query.get("tag");
    if (repository.empty()) return fail(Code::invalid_argument, "repo is missing in the request");
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    ImageService service(engine.wiring(), state->database, engine.drivers());
    RT_TRY(service.tag(request.parameter("name"), tag.empty() ? repository : cat(repository, ":", tag)));
    return empty_answer(201);
}

Json names_of(const Image& image) {
    Json names = Json::array();
    for (const std::string& name : image.names)
        if (name.find('@') == std::string::npos) names.push_back(familiar_name(name));
    return names.empty() ? Json() : names;
}

Result<Answer> history(Engine& engine, const Request& request) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Image image, state->images.find(request.parameter("name")));
    RT_TRY_ASSIGN(const auto steps, history_of(state->database, image));
    Json answer = Json::array();
    for (const HistoryStep& step : steps) {
        const bool is_image = answer.empty(); // those before the last step are none
        answer.push_back({{"Id", is_image ? image.id : "<missing>"},
                          {"Created", step.created / kSecond},
                          {"CreatedBy", step.created_by},
                          {"Tags", is_image ? names_of(image) : Json()},
                          {"Size", step.size},
                          {"Comment", step.comment}});
    }
    return json_answer(answer);
}

// Of an index's entry, or of a config: what both say in the same words.
Json platform_of(const Json& from) {
    Json platform = Json::object();
    if (!from.is_object()) return platform;
    for (const char* const key : {"architecture", "os", "os.version", "os.features", "variant"})
        if (const auto found = from.find(key); found != from.end()) platform[key] = *found;
    return platform;
}

Result<Json> platforms_of(const Json& document, RemoteRepository& repository, const Cancellation& cancel) {
    Json platforms = Json::array();
    if (const auto list = document.find("manifests"); list != document.end() && list->is_array()) {
        for (const Json& entry : *list)
            if (entry.is_object()) platforms.push_back(platform_of(entry.value("platform", Json::object())));
        return platforms;
    }
    const auto found = document.find("config");
    if (found == document.end() || !found->is_object()) return platforms;
    BlobDescriptor config;
    try {
        config = {found->value("mediaType", ""), found->at("digest"), found->at("size")};
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "the manifest's config: ", error.what());
    }
    RT_TRY_ASSIGN(const std::string text, repository.small_blob(config, cancel));
    platforms.push_back(platform_of(Json::parse(text, nullptr, false)));
    return platforms;
}

Result<Answer> at_registry(Engine& /*unused*/, const Request& request) {
    RT_TRY_ASSIGN(const Reference reference, parse_reference(request.parameter("name")));
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    RT_TRY_ASSIGN(const RegistryCredentials credentials, registry_auth(request));
    RT_TRY_ASSIGN(const auto repository,
                  module->open_repository(reference.host, reference.path, credentials));
    const Operation operation = Engine::new_operation();
    Cancellation cancel;
    cancel.operation = &operation;
    RT_TRY_ASSIGN(const Manifest manifest,
                  repository->manifest(reference.digest.empty() ? reference.tag : reference.digest, cancel));
    const Json document = Json::parse(manifest.content, nullptr, false);
    if (!document.is_object()) return fail(Code::corrupt, "the registry's manifest is no JSON object");
    RT_TRY_ASSIGN(const Json platforms, platforms_of(document, *repository, cancel));
    return json_answer(
        {{"Descriptor",
          {{"mediaType", manifest.media_type},
           {"digest", manifest.digest.empty() ? module->sha256(manifest.content) : manifest.digest},
           {"size", manifest.content.size()}}},
         {"Platforms", platforms}});
}

} // namespace

std::vector<Route> image_name_routes() {
    return {{"POST", "/images/{name...}/tag", tag},
            {"GET", "/images/{name...}/history", history},
            {"GET", "/distribution/{name...}/json", at_registry}};
}

} // namespace rt::rtd
