// SPDX-License-Identifier: Apache-2.0
#include "core/image/docker_config.hpp"
#include "core/image/image_service.hpp"
#include "core/image/reference.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/interrupts.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/progress.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>

namespace rt::cli {
namespace {

Outcome push(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("all-tags,a",
                              "every tag of the repository")("quiet,q", "only the image's name at the end")(
        "platform", options::value<std::string>()->value_name("OS/ARCH[/VARIANT]"),
        "refuse an image that is for another machine");
    RT_TRY_ASSIGN(const auto parsed, parse(kPush, description, arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    const std::string& name = parsed->operands.front();
    RT_TRY_ASSIGN(const Reference reference, parse_reference(name));
    const bool all = parsed->has("all-tags");
    const bool quiet = parsed->has("quiet");
    if (all && has_tag_or_digest(name))
        return fail(Code::invalid_argument, "tag can't be used with --all-tags/-a");
    if (!all && !quiet && !has_tag_or_digest(name)) print_line("Using default tag: latest");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(auto* const state, engine->state());

    RT_TRY_ASSIGN(const Interrupts interrupts, Interrupts::catch_them());
    Operation operation = Engine::new_operation();
    operation.cancel_fd = interrupts.fd();
    ProgressDisplay display(stdout);
    const ImageProgressSink sink = quiet ? ImageProgressSink() : display.sink();
    ImageService service(engine->wiring(), state->database, engine->drivers());
    auto pushed =
        service.push(name, all ? ImageService::Tags::all : ImageService::Tags::one,
                     {parsed->get<std::string>("platform"), find_docker_credentials}, sink, operation);
    if (!pushed) return interrupts.failure(std::move(pushed).error());
    if (quiet) print_line(all ? reference.repository() : reference.name());
    return 0;
}

} // namespace

const Command kPush = {"push", "[OPTIONS] IMAGE[:TAG]", "Send an image to a registry", push};

} // namespace rt::cli
