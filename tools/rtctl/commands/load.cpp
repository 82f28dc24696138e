// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/progress.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

#include <cstdio>

namespace rt::cli {
namespace {

Outcome load(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("input,i", options::value<std::string>()->value_name("FILE|DIRECTORY"),
                              "read from here (default: a tar from standard input)")(
        "quiet,q", "no progress")("storage", options::value<std::string>()->value_name("DRIVER"),
                                  "unpack into this storage driver (default: the configured one)")(
        "platform", options::value<std::string>()->value_name("OS/ARCH[/VARIANT]"),
        "only the images for this machine: linux/arm64");
    RT_TRY_ASSIGN(const auto parsed, parse(kLoad, description, arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    const std::string source = parsed->get<std::string>("input", "-");
    if (source == "-" && is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument,
                    "load: standard input is a terminal: give the archive with -i FILE");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());

    ProgressDisplay display(stdout);
    const ImageProgressSink sink = parsed->has("quiet") ? ImageProgressSink() : display.sink();
    ImageService service(engine->wiring(), state->database, engine->drivers());
    RT_TRY_ASSIGN(const auto images,
                  service.load(Path(source), parsed->get<std::string>("storage"), sink,
                               Engine::new_operation(), parsed->get<std::string>("platform")));
    for (const Image& image : images) {
        if (image.names.empty()) print_line(cat("Loaded image ID: ", image.id));
        for (const std::string& name : image.names) print_line(cat("Loaded image: ", familiar_name(name)));
    }
    return 0;
}

} // namespace

const Command kLoad = {"load", "[OPTIONS]", "Take images out of an archive (docker-archive or OCI layout)",
                       load};

} // namespace rt::cli
