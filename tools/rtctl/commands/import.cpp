// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_service.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

namespace rt::cli {
namespace {

Outcome import(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()(
        "change,c", options::value<std::vector<std::string>>()->composing()->value_name("INSTRUCTION"),
        "a Dockerfile instruction for the image's config: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, "
        "LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR (may be given again)")(
        "message,m", options::value<std::string>()->value_name("TEXT"),
        "for the image's history")("platform", options::value<std::string>()->value_name("OS/ARCH[/VARIANT]"),
                                   "for which machines it is (default: this machine's)")(
        "storage", options::value<std::string>()->value_name("DRIVER"),
        "unpack into this storage driver (default: the configured one)");
    RT_TRY_ASSIGN(const auto parsed, parse(kImport, description, arguments, Operands::anywhere, 1, 2));
    if (!parsed) return 0;
    const std::string& source = parsed->operands.front();
    if (source == "-" && is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument, "import: standard input is a terminal: give a FILE");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());

    ImportOptions wanted;
    if (parsed->operands.size() == 2) wanted.name = parsed->operands[1];
    wanted.changes = parsed->get<std::vector<std::string>>("change");
    wanted.message = parsed->get<std::string>("message");
    wanted.platform = parsed->get<std::string>("platform");
    wanted.storage = parsed->get<std::string>("storage");
    ImageService service(engine->wiring(), state->database, engine->drivers());
    RT_TRY_ASSIGN(const Image image, service.import(Path(source), wanted, {}, Engine::new_operation()));
    print_line(image.id);
    return 0;
}

} // namespace

const Command kImport = {"import", "[OPTIONS] FILE|- [NAME[:TAG]]",
                         "Make an image out of the tar of a root file system", import};

} // namespace rt::cli
