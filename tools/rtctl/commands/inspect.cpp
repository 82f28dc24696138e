// SPDX-License-Identifier: Apache-2.0
#include "core/api/container_json.hpp"
#include "core/api/image_json.hpp"
#include "core/base/nearest.hpp"
#include "core/container/networks.hpp"
#include "core/container/recovery.hpp"
#include "core/image/reference.hpp"
#include "core/volume/volume_view.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/inspected.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rt::cli {
namespace {

// What can be inspected, in the order in which docker looks for it.
constexpr std::array<std::string_view, 4> kTypes = {"container", "image", "network", "volume"};

struct Wanted {
    std::string type; // of kTypes; "": any
    api::ViewOptions view;
};

Result<Json> container_of(Engine& engine, const std::string& reference, const api::ViewOptions& options) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    RT_TRY_ASSIGN(const api::ContainerView view, api::look_at(engine, container, options));
    return api::container_json(view);
}

Result<Json> image_of(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Image image, state->images.find(reference));
    RT_TRY_ASSIGN(const api::ImageView view, api::look_at(engine, image));
    return api::image_json(view);
}

Result<Json> network_of(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY(list_networks(engine)); // those of drivers are there from now on
    RT_TRY_ASSIGN(const Network network, state->networks.find_any(reference));
    return inspect_network(engine, network);
}

Result<Json> volume_of(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    VolumeService service(engine.wiring(), state->database);
    RT_TRY_ASSIGN(const Volume volume, service.find(reference));
    return inspect_volume(service, volume);
}

Result<Json> inspect_as(std::string_view type, Engine& engine, const std::string& reference,
                        const api::ViewOptions& options) {
    if (type == "container") return container_of(engine, reference, options);
    if (type == "image") return image_of(engine, reference);
    if (type == "network") return network_of(engine, reference);
    return volume_of(engine, reference);
}

// docker's words where nothing has the name.
std::unexpected<Error> no_such_object(Engine::State& state, const std::string& reference) {
    std::vector<std::string> names;
    if (const auto containers = state.containers.list())
        for (const Container& container : *containers) names.push_back(container.name);
    if (const auto images = state.images.list())
        for (const Image& image : *images)
            for (const std::string& name : image.names) {
                names.push_back(familiar_name(name));
                if (names.back().ends_with(":latest"))
                    names.push_back(names.back().substr(0, names.back().size() - 7));
            }
    if (const auto networks = state.networks.list())
        for (const Network& network : *networks) names.push_back(network.name);
    if (const auto volumes = state.volumes.list())
        for (const Volume& volume : *volumes) names.push_back(volume.name);
    const std::string best = nearest(reference, names);
    return fail(Code::not_found, "No such object: ", reference,
                best.empty() ? std::string(": there is no container, image, network or volume of this name")
                             : cat(" (did you mean ", best, "?)"));
}

// As docker: the first that has the name. What is no name of an image may be one of something else.
Result<Json> inspect_one(Engine& engine, const std::string& reference, const Wanted& wanted) {
    if (!wanted.type.empty()) return inspect_as(wanted.type, engine, reference, wanted.view);
    for (const std::string_view type : kTypes) {
        Result<Json> found = inspect_as(type, engine, reference, wanted.view);
        if (found) return found;
        const Code code = found.error().code;
        if (code != Code::not_found && !(type == "image" && code == Code::invalid_argument)) return found;
    }
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    return no_such_object(*state, reference);
}

Result<int> inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_inspect_format(description);
    description.add_options()(
        "type", options::value<std::string>()->value_name("TYPE"),
        "what to look for: container, image, network or volume (default: in this order)")(
        "size,s", "also how much space a container takes")(
        "origins", "also who said what a container is: a flag, the image, the wiring file, a default");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const Wanted wanted{.type = parsed->get<std::string>("type"),
                        .view = {.sizes = parsed->has("size"), .origins = parsed->has("origins")}};
    if (!wanted.type.empty() && std::ranges::count(kTypes, wanted.type) == 0)
        return fail(Code::invalid_argument, "--type '", wanted.type,
                    "' is not one of container, image, network, volume");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    return show_inspected(
        *parsed, [&](const std::string& reference) { return inspect_one(*engine, reference, wanted); });
}

} // namespace

const Command kInspect = {"inspect", "[OPTIONS] CONTAINER|IMAGE|NETWORK|VOLUME...",
                          "Show everything about containers, images, networks and volumes", inspect};

} // namespace rt::cli
