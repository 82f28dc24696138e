// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Outcome tag(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kTag, options::options_description("Options"), arguments, Operands::anywhere, 2, 2));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY(ImageService(engine->wiring(), state->database, engine->drivers())
               .tag(parsed->operands[0], parsed->operands[1]));
    return 0;
}

} // namespace

const Command kTag = {"tag", "IMAGE[:TAG] NEW_NAME[:TAG]", "Give an image one more name", tag};

} // namespace rt::cli
