// SPDX-License-Identifier: Apache-2.0
#include "core/api/image_json.hpp"

#include "core/api/parts.hpp"
#include "core/image/reference.hpp"

#include <ctime>

namespace rt::api {
namespace {

std::vector<std::string> tags_of(const Image& image) {
    std::vector<std::string> tags;
    for (const std::string& name : image.names)
        if (const auto reference = parse_reference(name); reference && reference->digest.empty())
            tags.push_back(cat(familiar_name(reference->repository()), ":", reference->tag));
    return tags;
}

std::vector<std::string> digests_of(const ImageView& view) {
    std::vector<std::string> digests;
    for (const std::string& name : view.digests)
        if (const auto reference = parse_reference(name); reference && !reference->digest.empty())
            digests.push_back(cat(familiar_name(reference->repository()), "@", reference->digest));
    return digests;
}

// {"80/tcp": {}}: whatever an image has as values.
Json set_of(const Json& object) {
    Json set = Json::object();
    for (const auto& [key, unused] : object.items()) set[key] = Json::object();
    return set;
}

// What is no member of docker's ImageConfig, or not of its type, is left out: an image may hold anything.
Json config_of(const Json& image) {
    Json value = Json::object();
    for (const char* key : {"User", "WorkingDir", "StopSignal"})
        set_unless_empty(value, key, member_or(image, key, "").get<std::string>());
    for (const char* key : {"Env", "Cmd", "Entrypoint", "OnBuild", "Shell"})
        set_unless_empty(value, key, texts_of(member_or(image, key, Json::array())));
    for (const char* key : {"ExposedPorts", "Volumes"})
        set_unless_empty(value, key, set_of(member_or(image, key, Json::object())));
    set_unless_empty(value, "Labels", text_map_of(member_or(image, "Labels", Json::object())));
    if (member_or(image, "ArgsEscaped", false)) value["ArgsEscaped"] = true;
    const Healthcheck check = healthcheck_of(member_or(image, "Healthcheck", Json::object()));
    if (check != Healthcheck()) value["Healthcheck"] = healthcheck_json(check);
    return value;
}

} // namespace

std::int64_t created_at(const Json& document) {
    std::tm parts{};
    const std::string text = member_or(document, "created", "");
    if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return 0;
    return static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000'000;
}

Json image_json(const ImageView& view) {
    const Json& document = view.document;
    const auto text = [&](const char* key) { return member_or(document, key, "").get<std::string>(); };
    const Json history = member_or(document, "history", Json::array());
    Json value{{"Id", view.image.id},
               {"RepoTags", tags_of(view.image)},
               {"RepoDigests", digests_of(view)},
               {"Parent", ""},
               {"Comment", history.empty() ? std::string()
                                           : member_or(history.back(), "comment", "").get<std::string>()},
               {"Created", created_at(document) == 0 ? show_time(0) : text("created")},
               {"DockerVersion", text("docker_version")},
               {"Author", text("author")},
               {"Config", config_of(member_or(document, "config", Json::object()))},
               {"Architecture", text("architecture")},
               {"Os", text("os")},
               {"Size", view.image.size},
               {"GraphDriver", {{"Name", view.storage}, {"Data", Json()}}},
               {"RootFS", {{"Type", "layers"}, {"Layers", view.diff_ids}}},
               {"Metadata", {{"LastTagTime", show_time(view.image.created_at)}}}};
    set_unless_empty(value, "Variant", text("variant"));
    set_unless_empty(value, "OsVersion", text("os.version"));
    if (!view.manifest.is_null()) value["Descriptor"] = view.manifest;
    return value;
}

Json image_summary_json(const ImageView& view, const ImageCounts& counts) {
    const Json config = member_or(view.document, "config", Json::object());
    Json value{{"Id", view.image.id},
               {"ParentId", ""},
               {"RepoTags", tags_of(view.image)},
               {"RepoDigests", digests_of(view)},
               {"Created", created_at(view.document) / 1'000'000'000},
               {"Size", view.image.size},
               {"SharedSize", counts.shared},
               {"Labels", text_map_of(member_or(config, "Labels", Json::object()))},
               {"Containers", counts.containers}};
    if (!view.manifest.is_null()) value["Descriptor"] = view.manifest;
    return value;
}

} // namespace rt::api
