// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/output_file.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

namespace rt::cli {
namespace {

Outcome save(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("output,o", options::value<std::string>()->value_name("FILE"),
                              "write to a file instead of standard output")(
        "platform", options::value<std::string>()->value_name("OS/ARCH[/VARIANT]"),
        "refuse an image that is for another machine");
    RT_TRY_ASSIGN(const auto parsed, parse(kSave, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    const auto file = parsed->get<std::string>("output");
    if (file.empty() && is_terminal(STDOUT_FILENO))
        return fail(Code::invalid_argument,
                    "save: standard output is a terminal: use -o FILE or send it elsewhere");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());
    ImageService service(engine->wiring(), state->database, engine->drivers());
    const auto write = [&](int out) {
        return service.save(parsed->operands, parsed->get<std::string>("platform"), out,
                            Engine::new_operation());
    };
    if (file.empty())
        RT_TRY(write(STDOUT_FILENO));
    else
        RT_TRY(write_to_file(file, write));
    return 0;
}

} // namespace

const Command kSave = {"save", "[OPTIONS] IMAGE...",
                       "Write images as an archive (docker-archive and OCI layout)", save};

} // namespace rt::cli
