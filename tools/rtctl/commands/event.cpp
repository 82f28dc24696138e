// SPDX-License-Identifier: Apache-2.0
// Started by rt-shim when something has happened to its container that the database is to know: a change of
// its health, or the end of an exec that nobody listens to.
#include "core/container/container_events.hpp"

#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

Outcome event_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kEvent, options::options_description("Options"), arguments,
                                           Operands::anywhere, 2, 2));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const Json details, parse_json(parsed->operands[1], "event"));
    const auto action = details.find("action");
    const auto attributes = details.find("attributes");
    if (action == details.end() || !action->is_string())
        return fail(Code::invalid_argument, "event: there is no \"action\" in '", parsed->operands[1], "'");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(parsed->operands[0]));
    EventDetails more;
    if (attributes != details.end())
        for (const auto& [key, value] : attributes->items())
            if (value.is_string()) more.emplace_back(key, value.get<std::string>());
    RT_TRY(record_event(*state, container, action->get<std::string>(), more));
    return 0;
}

} // namespace

const Command kEvent = {"event", "CONTAINER-ID JSON",
                        "Record what has happened to a container (started by rt-shim)", event_command};

} // namespace rt::cli
