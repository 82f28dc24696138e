// SPDX-License-Identifier: Apache-2.0
#include "core/api/container_json.hpp"
#include "core/api/image_json.hpp"
#include "core/base/nearest.hpp"
#include "core/container/networks.hpp"
#include "core/container/recovery.hpp"
#include "core/image/reference.hpp"
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/inspected.hpp"
#include "tools/rtctl/platforms.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <functional>

namespace rt::cli {
namespace {

// What is seen of an object that was found: what fails then is no sign of its absence.
using Look = std::function<Result<Json>()>;

Result<Look> find_container(Engine& engine, const std::string& reference, const api::ViewOptions& options) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(Container found, state->containers.find(reference));
    return [&engine, options, found = std::move(found)]() -> Result<Json> {
        RT_TRY_ASSIGN(const Container container, refresh(engine, found));
        RT_TRY_ASSIGN(const api::ContainerView view, api::look_at(engine, container, options));
        return api::container_json(view);
    };
}

Result<Look> find_image(Engine& engine, const std::string& reference, const api::ViewOptions&) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(Image found, state->images.find(reference));
    return [&engine, found = std::move(found)]() -> Result<Json> {
        RT_TRY_ASSIGN(const api::ImageView view, api::look_at(engine, found));
        return api::image_json(view);
    };
}

// In the order in which docker looks for a name whose kind was not said.
struct Kind {
    std::string_view name;
    Result<Look> (*find)(Engine& engine, const std::string& reference, const api::ViewOptions& options);
};
constexpr std::array<Kind, 4> kKinds{{
    {"container", find_container},
    {"image", find_image},
    {"network",
     [](Engine& engine, const std::string& reference, const api::ViewOptions&) -> Result<Look> {
         RT_TRY_ASSIGN(const Network found, find_network(engine, reference));
         return [&engine, found] { return inspect_network(engine, found); };
     }},
    {"volume",
     [](Engine& engine, const std::string& reference, const api::ViewOptions&) -> Result<Look> {
         RT_TRY_ASSIGN(Engine::State* const state, engine.state());
         RT_TRY_ASSIGN(const Volume found, VolumeService(engine.wiring(), state->database).find(reference));
         return [&engine, found] { return look_at_volume(engine, found.name); };
     }},
}};

bool is_absent(const Error& error) {
    return error.code == Code::not_found || error.code == Code::invalid_argument; // no name of one, even
}

// docker's words where nothing has the name.
std::unexpected<Error> no_such_object(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    std::vector<std::string> names;
    if (const auto containers = state->containers.list())
        for (const Container& container : *containers) names.push_back(container.name);
    if (const auto images = state->images.list())
        for (const Image& image : *images)
            for (const std::string& name : image.names) {
                names.push_back(familiar_name(name));
                if (names.back().ends_with(":latest"))
                    names.push_back(names.back().substr(0, names.back().size() - 7));
            }
    if (const auto networks = state->networks.list())
        for (const Network& network : *networks) names.push_back(network.name);
    if (const auto volumes = VolumeService(engine.wiring(), state->database).list())
        for (const Volume& volume : *volumes) names.push_back(volume.name);
    const std::string best = nearest(reference, names);
    return fail(Code::not_found, "No such object: ", reference,
                best.empty() ? std::string(": there is no container, image, network or volume of this name")
                             : cat(" (did you mean ", best, "?)"));
}

Result<Json> inspect_one(Engine& engine, const std::string& reference, const std::string& type,
                         const api::ViewOptions& options) {
    for (const Kind& kind : kKinds) {
        if (!type.empty() && type != kind.name) continue;
        const auto found = kind.find(engine, reference, options);
        if (found) return (*found)();
        if (!type.empty() || !is_absent(found.error())) return std::unexpected(found.error());
    }
    return no_such_object(engine, reference);
}

Outcome inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_inspect_format(description);
    description.add_options()("type", options::value<std::string>()->value_name("TYPE"),
                              "what to look for: container, image, network or volume")(
        "size,s", "also how much space a container takes")(
        "origins", "also who said what a container is: a flag, the image, the wiring file, a default");
    add_platform_option(description);
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const auto type = parsed->get<std::string>("type", parsed->has("platform") ? "image" : "");
    if (!type.empty() && std::ranges::find(kKinds, type, &Kind::name) == kKinds.end())
        return fail(Code::invalid_argument, "--type '", type,
                    "' is not one of container, image, network, volume");
    if (parsed->has("platform") && type != "image")
        return fail(Code::invalid_argument, "inspect: --platform is for images, not for a ", type);
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    const api::ViewOptions wanted{.sizes = parsed->has("size"), .origins = parsed->has("origins")};
    return show_inspected(*parsed, [&](const std::string& reference) -> Result<Json> {
        if (parsed->has("platform")) {
            RT_TRY_ASSIGN(Engine::State* const state, engine->state());
            RT_TRY_ASSIGN(const Image image, state->images.find(reference));
            RT_TRY(check_platform(*parsed, image));
        }
        return inspect_one(*engine, reference, type, wanted);
    });
}

} // namespace

const Command kInspect = {"inspect", "[OPTIONS] CONTAINER|IMAGE|NETWORK|VOLUME...",
                          "Show everything about containers, images, networks and volumes", inspect};

} // namespace rt::cli
