// SPDX-License-Identifier: Apache-2.0
#include "core/volume/volume_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome volume_rm(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("force,f", "one that is not there is no failure");
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kVolumeRm, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    VolumeService service(engine->wiring(), state->database);
    for (const Error& problem : service.finish_removals()) warn(problem.message);
    return for_each_operand(parsed->operands, [&](const std::string& name) -> Result<void> {
        auto removed = service.remove(name);
        if (!removed && removed.error().code == Code::not_found && parsed->has("force")) return {};
        return removed;
    });
}

} // namespace

const Command kVolumeRm = {"volume rm", "[OPTIONS] VOLUME...", "Remove volumes that no container uses",
                           volume_rm};

} // namespace rt::cli
