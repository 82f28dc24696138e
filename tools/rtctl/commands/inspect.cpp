// SPDX-License-Identifier: Apache-2.0
#include "core/api/container_json.hpp"
#include "core/api/image_json.hpp"
#include "core/base/nearest.hpp"
#include "core/container/recovery.hpp"
#include "core/image/reference.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/inspected.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

// docker's words where neither a container nor an image has the name.
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
    const std::string best = nearest(reference, names);
    return fail(Code::not_found, "No such object: ", reference,
                best.empty() ? std::string(": 'rtctl ps -a' and 'rtctl images' list what there is")
                             : cat(" (did you mean ", best, "?)"));
}

// As docker: a container, and where there is none of this name, an image.
Result<Json> inspect_one(Engine& engine, const std::string& reference, const std::string& type,
                         const api::ViewOptions& options) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const Result<Container> found =
        type == "image" ? Result<Container>(fail(Code::not_found, "")) : state->containers.find(reference);
    if (!found && found.error().code == Code::not_found && type != "container") {
        auto image = state->images.find(reference);
        if (image) {
            RT_TRY_ASSIGN(const api::ImageView view, api::look_at(engine, *image));
            return api::image_json(view);
        }
        const bool is_neither = type.empty() && (image.error().code == Code::not_found ||
                                                 image.error().code == Code::invalid_argument);
        if (is_neither) return no_such_object(*state, reference);
        return std::unexpected(std::move(image).error());
    }
    if (!found) return std::unexpected(found.error());
    RT_TRY_ASSIGN(const Container container, refresh(engine, *found));
    RT_TRY_ASSIGN(const api::ContainerView view, api::look_at(engine, container, options));
    return api::container_json(view);
}

Result<int> inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    add_inspect_format(description);
    description.add_options()("type", options::value<std::string>()->value_name("TYPE"),
                              "what to look for: container or image")(
        "size,s", "also how much space a container takes")(
        "origins", "also who said what a container is: a flag, the image, the wiring file, a default");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const auto type = parsed->get<std::string>("type");
    if (!type.empty() && type != "container" && type != "image")
        return fail(Code::invalid_argument, "--type '", type, "' is not one of container, image");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    const api::ViewOptions wanted{.sizes = parsed->has("size"), .origins = parsed->has("origins")};
    return show_inspected(
        *parsed, [&](const std::string& reference) { return inspect_one(*engine, reference, type, wanted); });
}

} // namespace

const Command kInspect = {
    "inspect", "[OPTIONS] CONTAINER|IMAGE...",
    "Show everything about containers and images: drivers, addresses, how long each phase of the start took",
    inspect};

} // namespace rt::cli
