// SPDX-License-Identifier: Apache-2.0
#include "core/image/docker_config.hpp"
#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/progress.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>

namespace rt::cli {
namespace {

Outcome pull(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("quiet,q", "only the image's name at the end")(
        "platform", options::value<std::string>()->value_name("OS/ARCH[/VARIANT]"),
        "of an image for several machines, which one (default: this machine's)")(
        "storage", options::value<std::string>()->value_name("DRIVER"),
        "unpack into this storage driver (default: the configured one)")("all-tags,a",
                                                                         "all tags of the repository")(
        "disable-content-trust", options::value<std::string>()->implicit_value("true")->value_name("true"),
        "as it is: rt does not have docker's content trust");
    RT_TRY_ASSIGN(const auto parsed, parse(kPull, description, arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    const std::string& name = parsed->operands.front();
    RT_TRY_ASSIGN(const Reference reference, parse_reference(name));
    if (parsed->get<std::string>("disable-content-trust", "true") != "true")
        return fail(Code::unsupported,
                    "pull: --disable-content-trust=false is not supported: rt does not have "
                    "docker's content trust");
    const bool all = parsed->has("all-tags");
    if (all && has_tag_or_digest(name))
        return fail(Code::invalid_argument, "pull: tag can't be used with --all-tags/-a");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());

    ProgressDisplay display(stdout);
    const ImageProgressSink sink = parsed->has("quiet") ? ImageProgressSink() : display.sink();
    ImageService service(engine->wiring(), state->database, engine->drivers());
    std::vector<std::string> names{name};
    if (all) {
        RT_TRY_ASSIGN(names, service.remote_tags(name, find_docker_credentials, Engine::new_operation()));
        for (std::string& tag : names) tag = cat(reference.repository(), ":", tag);
    }
    for (const std::string& one : names)
        RT_TRY(service.pull(one,
                            {parsed->get<std::string>("platform"), parsed->get<std::string>("storage"),
                             find_docker_credentials},
                            sink, Engine::new_operation()));
    print_line(all ? reference.repository() : reference.name());
    return 0;
}

} // namespace

const Command kPull = {"pull", "[OPTIONS] NAME[:TAG|@DIGEST]", "Fetch an image from a registry", pull};

} // namespace rt::cli
