// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/answer_shape.hpp"

#include "core/base/id.hpp"
#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace rt::rtd {
namespace {

void add_short_id_to_aliases(Json& container) {
    const std::string id = short_id(container.at("Id").get<std::string>());
    for (auto& [name, endpoint] : container.at("NetworkSettings").at("Networks").items()) {
        if (name == "bridge" || name == "host" || name == "none" || name == "default") continue;
        Json& aliases = endpoint["Aliases"];
        if (!aliases.is_array()) aliases = Json::array();
        for (const Json& alias : {Json(id), container.at("Config").at("Hostname")})
            if (std::ranges::find(aliases, alias) == aliases.end()) aliases.push_back(alias);
    }
}

void show_none(Json& image) {
    if (!image["RepoTags"].empty() || !image["RepoDigests"].empty()) return;
    image["RepoTags"] = {"<none>:<none>"};
    image["RepoDigests"] = {"<none>@<none>"};
}

// What an image does not say of its containers was told all the same.
void fill_config(Json& image) {
    Json& config = image["Config"];
    for (const char* const key : {"Hostname", "Domainname", "User", "Image", "WorkingDir"})
        if (!config.contains(key)) config[key] = "";
    for (const char* const key :
         {"AttachStderr", "AttachStdin", "AttachStdout", "OpenStdin", "StdinOnce", "Tty"})
        if (!config.contains(key)) config[key] = false;
    for (const char* const key : {"Cmd", "Entrypoint", "Env", "Labels", "OnBuild", "Volumes"})
        if (!config.contains(key)) config[key] = nullptr;
}

// Of an image that no container was committed for; docker-compose 1 looks for volumes there.
void add_build_container(Json& image) {
    Json none{{"Config", Json::object()}};
    fill_config(none);
    image["Container"] = "";
    image["ContainerConfig"] = std::move(none["Config"]);
}

void names_of_security_options(Json& info) {
    for (Json& option : info["SecurityOptions"]) {
        std::string name = option.get<std::string>();
        constexpr std::string_view kName = "name=";
        if (!name.starts_with(kName)) continue;
        name.erase(0, kName.size());
        option = name.substr(0, name.find(','));
    }
}

struct Rule {
    Shape shape;
    ApiVersion before; // for versions older than this one
    void (*change)(Json& answer);
};

// In the order in which docker came to them, the latest first.
constexpr Rule kRules[] = {
    {Shape::info, {1, 50}, [](Json& info) { info["BridgeNfIptables"] = info["BridgeNfIp6tables"] = false; }},
    {Shape::image, {1, 50}, fill_config},
    {Shape::image, {1, 48}, [](Json& image) { image.erase("Descriptor"); }},
    {Shape::image_summary, {1, 48}, [](Json& image) { image.erase("Descriptor"); }},
    {Shape::container, {1, 48}, [](Json& container) { container.erase("ImageManifestDescriptor"); }},
    {Shape::container_summary, {1, 48}, [](Json& container) { container.erase("ImageManifestDescriptor"); }},
    {Shape::container_summary,
     {1, 46},
     [](Json& container) { container["HostConfig"].erase("Annotations"); }},
    {Shape::container, {1, 45}, add_short_id_to_aliases},
    {Shape::image, {1, 45}, add_build_container},
    {Shape::image, {1, 44}, [](Json& image) { image["VirtualSize"] = image["Size"]; }},
    {Shape::image_summary, {1, 44}, [](Json& image) { image["VirtualSize"] = image["Size"]; }},
    {Shape::info,
     {1, 44},
     [](Json& info) {
         for (Json& runtime : info["Runtimes"]) runtime.erase("status");
     }},
    {Shape::image_summary, {1, 43}, show_none},
    {Shape::info, {1, 42}, [](Json& info) { info["KernelMemory"] = false; }},
    {Shape::info, {1, 25}, names_of_security_options},
};

} // namespace

Json shaped(Shape shape, Json answer, ApiVersion version) {
    if (shape == Shape::disk_usage) {
        for (const auto& [key, part] :
             {std::pair{"Images", Shape::image_summary}, std::pair{"Containers", Shape::container_summary}})
            if (answer[key].is_array()) answer[key] = all_shaped(part, std::move(answer[key]), version);
        return answer;
    }
    for (const Rule& rule : kRules)
        if (rule.shape == shape && version < rule.before) rule.change(answer);
    return answer;
}

Json all_shaped(Shape shape, Json answers, ApiVersion version) {
    for (Json& answer : answers) answer = shaped(shape, std::move(answer), version);
    return answers;
}

} // namespace rt::rtd
