// SPDX-License-Identifier: Apache-2.0
#include "core/container/run.hpp"

#include "core/image/docker_config.hpp"
#include "tools/rtctl/attached.hpp"
#include "tools/rtctl/cid_file.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/progress.hpp"
#include "tools/rtctl/run_options.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>
#include <unistd.h>

namespace rt::cli {
namespace {

Result<int> run_detached(RunningContainer& container) {
    RT_TRY(container.shim.give_up_lease());
    print_line(container.record.id);
    return 0;
}

Outcome run_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kRun, run_options(), arguments, Operands::end_options, 1, SIZE_MAX));
    if (!parsed) return 0;
    auto request = run_request(*parsed);
    if (!request) return report({std::move(request).error(), false});
    if (request->spec.attach_stdin && request->spec.terminal && !request->detach &&
        !is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument,
                    "the input device is not a TTY: leave -t out, or run it from a terminal");

    for (const std::string& warning : request->warnings) warn(warning);
    auto cid_file = CidFile::make(request->spec.container_id_file);
    if (!cid_file) return report({std::move(cid_file).error(), false});

    auto engine = open_engine(globals);
    if (!engine) return report({std::move(engine).error(), false});
    std::optional<Foreground> foreground;
    if (!request->detach)
        foreground.emplace(ForegroundOptions{.terminal = request->spec.terminal,
                                             .with_stdin = request->spec.attach_stdin,
                                             .with_stdout = request->spec.attach_stdout,
                                             .with_stderr = request->spec.attach_stderr,
                                             .signals = request->proxy_signals ? SignalProxy::to_container
                                                                               : SignalProxy::to_us,
                                             .detach_keys = request->detach_keys});
    RunOptions options;
    if (!request->detach)
        options.attachment =
            request->spec.attach_stdin ? ShimClient::Attach::output_and_input : ShimClient::Attach::output;
    if (foreground) options.cancel_fd = foreground->cancel_fd();
    ProgressDisplay progress(stderr);
    if (!request->quiet) options.pull_progress = progress.sink();
    options.pull_credentials = find_docker_credentials;
    options.pull = request->pull;

    auto container = run(**engine, request->spec, options);
    if (!container) return report(container.error());
    for (const std::string& warning : container->warnings) warn(warning);
    if (auto written = cid_file->write(container->record.id); !written) warn(written.error().message);
    if (!request->detach) return follow_to_end(**engine, *foreground, *container);
    auto detached = run_detached(*container);
    return detached ? *detached : report({std::move(detached).error(), false});
}

} // namespace

const Command kRun = {"run", "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                      "Make a container of an image and run a program in it", run_command};

} // namespace rt::cli
