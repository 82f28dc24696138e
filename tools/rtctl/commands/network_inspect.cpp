// SPDX-License-Identifier: Apache-2.0
#include "core/container/networks.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"
#include "tools/rtctl/template.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace rt::cli {
namespace {

Result<Json> inspect_one(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY(list_networks(engine)); // those of drivers are there from now on
    RT_TRY_ASSIGN(const Network network, state->networks.find_any(reference));
    return inspect_network(engine, network);
}

Result<void> show_line(const Json& value, const std::optional<Template>& format) {
    if (!format) {
        print_json_line(value);
        return {};
    }
    RT_TRY_ASSIGN(const std::string line, format->render(value));
    print_line(printable_lines(line));
    return {};
}

Result<int> network_inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format,f", options::value<std::string>()->value_name("FORMAT"),
                              "json (one object a line) or a template (default: a list, indented)")(
        "verbose,v", "accepted for docker's sake: it tells more of swarms alone");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kNetworkInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const auto text = parsed->get<std::string>("format");
    std::optional<Template> format;
    if (!text.empty() && text != "json") {
        RT_TRY_ASSIGN(format, Template::parse(text));
    }
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    Json list = Json::array();
    Result<int> outcome = 0;
    for (const std::string& reference : parsed->operands) {
        auto value = inspect_one(*engine, reference);
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

const Command kNetworkInspect = {"network inspect", "[OPTIONS] NETWORK...",
                                 "Show everything about networks and who is in them", network_inspect};

} // namespace rt::cli
