// SPDX-License-Identifier: Apache-2.0
#include "core/container/inspect.hpp"

#include "core/container/disk_use.hpp"
#include "core/container/recovery.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"
#include "tools/rtctl/template.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace rt::cli {
namespace {

// As docker: a container, and where there is none of this name, an image.
enum class Size { not_counted, counted };
Result<Json> inspect_one(Engine& engine, const std::string& reference, const std::string& type, Size size) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    const Result<Container> found =
        type == "image" ? Result<Container>(fail(Code::not_found, "")) : state->containers.find(reference);
    if (!found && found.error().code == Code::not_found && type != "container") {
        auto image = state->images.find(reference);
        if (image) return inspect_image(engine, *image);
        if (type == "image" || image.error().code != Code::not_found)
            return std::unexpected(std::move(image).error());
    }
    if (!found) return std::unexpected(found.error());
    RT_TRY_ASSIGN(const Container container, refresh(engine, *found));
    RT_TRY_ASSIGN(Json value, inspect_container(engine, container));
    if (size == Size::counted) {
        RT_TRY_ASSIGN(const DiskUse use, disk_use(engine, container));
        value["SizeRw"] = use.own;
        value["SizeRootFs"] = use.whole;
    }
    return value;
}

// One object after the other: JSON, or what the template makes of it.
Result<void> show_line(const Json& value, const std::optional<Template>& format) {
    if (!format) {
        print_json_line(value);
        return {};
    }
    RT_TRY_ASSIGN(const std::string line, format->render(value));
    print_line(printable_lines(line));
    return {};
}

Result<int> inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format,f", options::value<std::string>()->value_name("FORMAT"),
                              "json (one object a line) or a template (default: a list, indented)")(
        "size,s", "how much of the disk containers take (SizeRw, SizeRootFs)")(
        "type", options::value<std::string>()->value_name("TYPE"), "what to look for: container or image");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const auto text = parsed->get<std::string>("format");
    const auto type = parsed->get<std::string>("type");
    if (!type.empty() && type != "container" && type != "image")
        return fail(Code::invalid_argument, "--type '", type, "' is not one of container, image");
    std::optional<Template> format;
    if (!text.empty() && text != "json") {
        RT_TRY_ASSIGN(format, Template::parse(text));
    }
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    const Size size = parsed->has("size") ? Size::counted : Size::not_counted;
    Json list = Json::array();
    Result<int> outcome = 0;
    for (const std::string& reference : parsed->operands) {
        auto value = inspect_one(*engine, reference, type, size);
        if (value && text.empty()) {
            list.push_back(std::move(*value));
            continue;
        }
        const Result<void> shown = value ? show_line(*value, format) : std::unexpected(value.error());
        if (!shown) outcome = std::unexpected(shown.error()); // the others are shown all the same
    }
    if (text.empty()) print_json(list);
    return outcome;
}

} // namespace

const Command kInspect = {
    "inspect", "[OPTIONS] CONTAINER|IMAGE...",
    "Show everything about containers and images: drivers, addresses, how long each phase of the start took",
    inspect};

} // namespace rt::cli
