// SPDX-License-Identifier: Apache-2.0
#include "core/container/run.hpp"

#include "core/base/text.hpp"
#include "core/container/reap.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/foreground.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/progress.hpp"
#include "tools/rtctl/run_options.hpp"
#include "tools/rtctl/session.hpp"

#include <cstdio>
#include <unistd.h>

namespace rt::cli {
namespace {

// docker's exit codes for a container that could not be started.
constexpr int kEngineFailed = 125;
constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;
constexpr int kInterrupted = 130;

int report(const RunFailure& failure) {
    std::fprintf(stderr, "rtctl: %s\n", printable(failure.error.message).c_str());
    if (failure.error.code == Code::cancelled) return kInterrupted;
    if (!failure.program_failed) return kEngineFailed;
    return failure.error.code == Code::not_found ? kNotFound : kCannotExecute;
}

int engine_failed(const Error& error) {
    return report({error, false});
}

Result<int> follow(Engine& engine, Foreground& foreground, RunningContainer& container) {
    RT_TRY_ASSIGN(const ForegroundResult result, foreground.follow(container.shim));
    switch (result.end) {
    case ForegroundEnd::detached: RT_TRY(container.shim.give_up_lease()); return 0;
    case ForegroundEnd::exited: RT_TRY(reap(engine, container.record.id, &container.shim)); break;
    case ForegroundEnd::lost:
        RT_TRY(reap(engine, container.record.id, nullptr));
        return fail(Code::internal, "the shim of container '", container.record.name,
                    "' was killed; what was left of the container has been cleaned up");
    }
    return result.exit.exit_code;
}

Result<int> run_detached(RunningContainer& container) {
    RT_TRY(container.shim.give_up_lease());
    print_line(container.record.id);
    return 0;
}

Result<int> run_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kRun, run_options(), arguments, Operands::end_options, 1, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(RunRequest request, run_request(*parsed));
    if (request.interactive && request.spec.terminal && !request.detach && !is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument,
                    "the input device is not a TTY: leave -t out, or run it from a terminal");

    auto engine = open_engine(globals);
    if (!engine) return engine_failed(engine.error());
    std::optional<Foreground> foreground;
    if (!request.detach) foreground.emplace(ForegroundOptions{request.spec.terminal, request.interactive});
    RunOptions options;
    if (!request.detach)
        options.attachment =
            request.interactive ? ShimClient::Attach::output_and_input : ShimClient::Attach::output;
    if (foreground) options.cancel_fd = foreground->signals();
    ProgressDisplay progress(stderr);
    options.pull_progress = progress.sink();

    auto container = run(**engine, request.spec, options);
    if (!container) return report(container.error());
    for (const std::string& warning : container->warnings) warn(warning);
    const auto exit = request.detach ? run_detached(*container) : follow(**engine, *foreground, *container);
    return exit ? *exit : engine_failed(exit.error());
}

} // namespace

const Command kRun = {"run", "[OPTIONS] IMAGE [COMMAND] [ARG...]",
                      "Make a container of an image and run a program in it", run_command};

} // namespace rt::cli
