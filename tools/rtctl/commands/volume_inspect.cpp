// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_view.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"
#include "tools/rtctl/template.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace rt::cli {
namespace {

Result<int> volume_inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format,f", options::value<std::string>()->value_name("FORMAT"),
                              "json (one object a line) or a template (default: a list, indented)");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kVolumeInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const auto text = parsed->get<std::string>("format");
    std::optional<Template> format;
    if (!text.empty() && text != "json") {
        RT_TRY_ASSIGN(format, Template::parse(text));
    }
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    VolumeService service(engine->wiring(), state->database);
    Json list = Json::array();
    Result<int> outcome = 0;
    for (const std::string& name : parsed->operands) {
        const auto volume = service.find(name);
        if (!volume) { // the others are shown all the same
            outcome = std::unexpected(volume.error());
            continue;
        }
        Json value = inspect_volume(service, *volume);
        if (text.empty()) {
            list.push_back(std::move(value));
        } else if (!format) {
            print_json_line(value);
        } else {
            RT_TRY_ASSIGN(const std::string line, format->render(value));
            print_line(printable_lines(line));
        }
    }
    if (text.empty()) print_json(list);
    return outcome;
}

} // namespace

const Command kVolumeInspect = {"volume inspect", "[OPTIONS] VOLUME...", "Show everything about volumes",
                                volume_inspect};

} // namespace rt::cli
