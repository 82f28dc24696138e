// SPDX-License-Identifier: Apache-2.0
#include "core/container/inspect.hpp"

#include "core/container/recovery.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

Result<Json> inspect_one(Engine& engine, const std::string& reference) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const Container container, refresh(engine, found));
    return inspect_container(engine, container);
}

Result<int> inspect(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("format,f", options::value<std::string>()->value_name("json"),
                              "json: one object a line (default: a list, indented)");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kInspect, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const bool lines = parsed->has("format");
    if (lines && parsed->get<std::string>("format") != "json")
        return fail(Code::invalid_argument, "--format '", parsed->get<std::string>("format"),
                    "' is not json");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    Json list = Json::array();
    Result<int> outcome = 0;
    for (const std::string& reference : parsed->operands) {
        auto value = inspect_one(*engine, reference);
        if (!value)
            outcome = std::unexpected(std::move(value).error()); // the others are shown all the same
        else if (lines)
            print_json_line(*value);
        else
            list.push_back(std::move(*value));
    }
    if (!lines) print_json(list);
    return outcome;
}

} // namespace

const Command kInspect = {
    "inspect", "[OPTIONS] CONTAINER...",
    "Show everything about containers: drivers, addresses, how long each phase of the start took", inspect};

} // namespace rt::cli
