// SPDX-License-Identifier: Apache-2.0
#include "core/container/commit.hpp"

#include "core/api/container_json.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/interrupts.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <nlohmann/json.hpp>

namespace rt::cli {
namespace {

Outcome commit(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("author,a", options::value<std::string>()->value_name("TEXT"),
                              "who made the image")(
        "change,c", options::value<std::vector<std::string>>()->composing()->value_name("INSTRUCTION"),
        "a Dockerfile instruction for the image's config: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, "
        "LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR (may be given again)")(
        "message,m", options::value<std::string>()->value_name("TEXT"), "for the image's history")(
        "pause,p", options::value<bool>()->implicit_value(true)->value_name("true|false"),
        "let the container stand still meanwhile (default: true)");
    RT_TRY_ASSIGN(const auto parsed, parse(kCommit, description, arguments, Operands::anywhere, 1, 2));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const Container container, state->containers.find(parsed->operands.front()));
    RT_TRY_ASSIGN(const api::ContainerView view, api::look_at(*engine, container, {}));

    CommitRequest request;
    request.config = api::container_config_json(view).dump(-1, ' ', false, Json::error_handler_t::replace);
    if (parsed->operands.size() == 2) request.name = parsed->operands[1];
    request.author = parsed->get<std::string>("author");
    request.message = parsed->get<std::string>("message");
    request.changes = parsed->get<std::vector<std::string>>("change");
    if (!parsed->get<bool>("pause", true)) request.pause = CommitRequest::Pause::no;
    RT_TRY_ASSIGN(const Interrupts interrupts, Interrupts::catch_them()); // it is to go on afterwards
    request.cancel_fd = interrupts.fd();
    auto image = commit_container(*engine, container.id, request);
    if (!image) return interrupts.failure(std::move(image).error());
    print_line(image->id);
    return 0;
}

} // namespace

const Command kCommit = {"commit", "[OPTIONS] CONTAINER [NAME[:TAG]]",
                         "Make an image of what a container has changed", commit};

} // namespace rt::cli
