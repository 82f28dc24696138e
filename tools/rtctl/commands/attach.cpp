// SPDX-License-Identifier: Apache-2.0
#include "core/container/spec.hpp"
#include "tools/rtctl/attached.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/foreground.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"

#include <unistd.h>

namespace rt::cli {
namespace {

options::options_description attach_options() {
    options::options_description description("Options");
    // clang-format off
    description.add_options()
        ("no-stdin", "do not pass our standard input on")
        ("sig-proxy", options::value<std::string>()->value_name("true|false"),
         "pass signals on to it (default: true)")
        ("detach-keys", options::value<std::string>()->value_name("KEYS"),
         "what leaves it without ending it (default: ctrl-p,ctrl-q)");
    // clang-format on
    return description;
}

Result<SignalProxy> signal_proxy(const Parsed& parsed) {
    const auto text = parsed.get<std::string>("sig-proxy", "true");
    if (text == "true" || text == "1") return SignalProxy::to_container;
    if (text == "false" || text == "0") return SignalProxy::to_us;
    return fail(Code::invalid_argument, "--sig-proxy '", text, "': expected true or false");
}

Outcome attach_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kAttach, attach_options(), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    ForegroundOptions wishes{.reader_gone = ReaderGone::leave};
    RT_TRY_ASSIGN(wishes.signals, of_option(signal_proxy(*parsed)));
    RT_TRY_ASSIGN(wishes.detach_keys, parse_detach_keys(parsed->get<std::string>(
                                          "detach-keys", std::string(kDefaultDetachKeys))));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const Container container, running_container(*engine, parsed->operands.front()));
    RT_TRY_ASSIGN(const ContainerSpec spec, spec_from_json(container.spec));
    wishes.terminal = spec.terminal;
    wishes.with_stdin = spec.open_stdin && !parsed->has("no-stdin");
    if (wishes.terminal && wishes.with_stdin && !is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument,
                    "the input device is not a TTY: give --no-stdin, or run it from a terminal");
    Foreground foreground(wishes);
    return take_part(*engine, container, foreground, wishes.with_stdin);
}

} // namespace

const Command kAttach = {"attach", "[OPTIONS] CONTAINER",
                         "Take part in a running container's input and output", attach_command};

} // namespace rt::cli
