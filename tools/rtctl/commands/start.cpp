// SPDX-License-Identifier: Apache-2.0
#include "core/container/start.hpp"

#include "core/container/spec.hpp"
#include "tools/rtctl/attached.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/each.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/refused_options.hpp"
#include "tools/rtctl/session.hpp"

namespace rt::cli {
namespace {

Result<void> start_detached(Engine& engine, const std::string& reference) {
    auto started = start(engine, reference, {});
    if (!started) {
        if (started.error().runs_already) return {}; // as was asked
        return std::unexpected(std::move(started).error().error);
    }
    for (const std::string& warning : started->warnings) warn(warning);
    return started->shim.give_up_lease();
}

Result<int> start_attached(Engine& engine, const Parsed& parsed) {
    const std::string& reference = parsed.operands.front();
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const Container found, state->containers.find(reference));
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(found.spec));
    const bool with_stdin = parsed.has("interactive") && spec.open_stdin;
    ForegroundOptions wishes{.terminal = spec.terminal, .with_stdin = with_stdin};
    RT_TRY_ASSIGN(wishes.detach_keys,
                  parse_detach_keys(parsed.get<std::string>("detach-keys", std::string(kDefaultDetachKeys))));
    Foreground foreground(wishes);
    RunOptions options;
    options.attachment = with_stdin ? ShimClient::Attach::output_and_input : ShimClient::Attach::output;
    options.cancel_fd = foreground.cancel_fd();
    auto started = start(engine, reference, options);
    if (!started && started.error().runs_already) { // as was asked: take part in it
        RT_TRY_ASSIGN(const Container running, running_container(engine, reference));
        return take_part(engine, running, foreground, with_stdin);
    }
    if (!started) return report(started.error());
    for (const std::string& warning : started->warnings) warn(warning);
    return follow_to_end(engine, foreground, *started);
}

constexpr RefusedOption kStartRefused[] = {{"checkpoint", "NAME", "processes cannot be kept over an end"},
                                           {"checkpoint-dir", "DIR", "processes cannot be kept over an end"}};

Outcome start_command(const Globals& globals, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("attach,a", "show its output, forward signals, end with its exit code");
    description.add_options()("interactive,i", "and pass on our standard input");
    description.add_options()("detach-keys", options::value<std::string>()->value_name("KEYS"),
                              "what leaves it without ending it (default: ctrl-p,ctrl-q)");
    add_refused(description, kStartRefused);
    RT_TRY_ASSIGN(const auto parsed, parse(kStart, description, arguments, Operands::anywhere, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY(refuse(kStart, *parsed, kStartRefused));
    const bool attached = parsed->has("attach") || parsed->has("interactive");
    if (attached && parsed->operands.size() > 1)
        return fail(Code::invalid_argument, "start: only one container at a time can be attached to");
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    if (attached) return start_attached(*engine, *parsed);
    return for_each_operand(parsed->operands,
                            [&](const std::string& reference) { return start_detached(*engine, reference); });
}

} // namespace

const Command kStart = {"start", "[OPTIONS] CONTAINER...", "Start containers that do not run", start_command};

} // namespace rt::cli
