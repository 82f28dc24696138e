// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/refused_options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

constexpr RefusedOption kRmRefused[] = {
    {"link,l", "", "a link goes with its place in a network ('rtctl network disconnect')"}};

Outcome rm(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "kill those that run first")(
        "volumes,v", "remove the anonymous volumes that only they use");
    add_refused(description, kRmRefused);
    RT_TRY_ASSIGN(const auto parsed, parse(kRm, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY(refuse(kRm, *parsed, kRmRefused));
    const Force force = parsed->has("force") ? Force::yes : Force::no;
    const auto volumes = parsed->has("volumes") ? AnonymousVolumes::remove : AnonymousVolumes::keep;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    std::vector<std::string> present;
    for (const std::string& reference : parsed->operands) {
        RT_TRY_ASSIGN(Engine::State* const state, engine->state());
        const auto found = state->containers.find(reference);
        // As docker has it: with -f, one that is not there is no failure.
        if (!found && force == Force::yes && found.error().code == Code::not_found)
            warn(found.error().message);
        else
            present.push_back(reference);
    }
    return for_each_operand(present, [&](const std::string& reference) -> Result<void> {
        const auto removed = remove(*engine, reference, force, volumes);
        if (removed) return {};
        // With -f it is enough that it is gone; what else may not have been found (a driver) is a failure.
        RT_TRY_ASSIGN(Engine::State* const state, engine->state());
        const auto still = state->containers.find(reference);
        if (force == Force::yes && !still && still.error().code == Code::not_found) return {};
        return std::unexpected(removed.error());
    });
}

} // namespace

const Command kRm = {"rm", "[OPTIONS] CONTAINER...", "Remove containers", rm};

} // namespace rt::cli
