// SPDX-License-Identifier: Apache-2.0
#include "core/container/exec.hpp"

#include "tools/rtctl/attached.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/foreground.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/session.hpp"
#include "tools/rtctl/text_files.hpp"

#include <unistd.h>

#include <cstdlib>

namespace rt::cli {
namespace {

// docker's exit codes of exec.
constexpr int kRefused = 1;
constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;

options::options_description exec_options() {
    options::options_description description("Options");
    const auto text = [] { return options::value<std::string>(); };
    const auto list = [] { return options::value<Words>()->composing(); };
    // clang-format off
    description.add_options()
        ("interactive,i", "pass our standard input on")
        ("tty,t", "give it a terminal")
        ("detach,d", "run it in the background")
        ("env,e", list()->value_name("KEY[=VALUE]"), "set an environment variable; without a value: from ours")
        ("env-file", list()->value_name("FILE"), "set those in a file, KEY=VALUE a line")
        ("user,u", text()->value_name("USER[:GROUP]"), "user and group, by name or number")
        ("workdir,w", text()->value_name("DIR"), "working directory")
        ("privileged", "give it all capabilities")
        ("detach-keys", text()->value_name("KEYS"), "what leaves it without ending it (default: ctrl-p,ctrl-q)");
    // clang-format on
    return description;
}

// Without a value: ours, or none.
std::string with_our_value(const std::string& word) {
    const char* value = word.find('=') == word.npos ? std::getenv(word.c_str()) : nullptr;
    return value != nullptr ? cat(word, "=", value) : word;
}

Result<Words> environment(const Parsed& parsed) {
    Words all;
    for (const std::string& file : parsed.get<Words>("env-file")) {
        RT_TRY_ASSIGN(const Words lines, read_assignments(file));
        for (const std::string& line : lines) // one that we do not have is left out, as docker does
            if (std::string word = with_our_value(line); word.find('=') != word.npos)
                all.push_back(std::move(word));
    }
    for (const std::string& word : parsed.get<Words>("env")) {
        if (word.empty() || word.front() == '=')
            return fail(Code::invalid_argument, "--env '", word, "': the name of the variable is missing");
        all.push_back(with_our_value(word));
    }
    return all;
}

Result<ExecRequest> exec_request(const Parsed& parsed) {
    ExecRequest request;
    request.command.assign(parsed.operands.begin() + 1, parsed.operands.end());
    RT_TRY_ASSIGN(request.environment, environment(parsed));
    request.user = parsed.get<std::string>("user");
    request.working_directory = parsed.get<std::string>("workdir");
    request.terminal = parsed.has("tty");
    request.open_stdin = parsed.has("interactive") && !parsed.has("detach");
    request.privileged = parsed.has("privileged");
    if (request.open_stdin && request.terminal && !is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument,
                    "the input device is not a TTY: leave -t out, or run it from a terminal");
    return request;
}

int report_exec(const RunFailure& failure) {
    print_error(failure.error);
    if (!failure.program_failed) return kRefused;
    // Not found by the kernel, or in $PATH: a user or group that is missing has no errno.
    const bool missing = failure.error.code == Code::not_found && failure.error.sys_errno != 0;
    return missing ? kNotFound : kCannotExecute;
}

// An event that cannot be recorded is no failure of the program.
void warn_of(const Result<void>& noted) {
    if (!noted) warn(noted.error().message);
}

Result<int> follow(Engine& engine, const ExecPlan& plan, ShimClient& shim, Foreground& foreground) {
    RT_TRY_ASSIGN(const ForegroundResult result, foreground.follow(shim));
    if (result.end == ForegroundEnd::exited) warn_of(note_exec_end(engine, plan, result.exit.exit_code));
    if (result.end == ForegroundEnd::detached) warn_of(note_exec_detach(engine, plan));
    switch (result.end) {
    case ForegroundEnd::exited: return result.exit.exit_code;
    case ForegroundEnd::detached: return 0;
    case ForegroundEnd::interrupted: return 128 + result.signal_number;
    case ForegroundEnd::lost: break;
    }
    return fail(Code::unavailable, "exec: the container's shim has ended before the program");
}

Outcome exec_command(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kExec, exec_options(), arguments, Operands::end_options, 2, SIZE_MAX));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const ExecRequest request, exec_request(*parsed));
    // The process is its own: signals end us, and it goes on; a reader that goes ends it.
    ForegroundOptions wishes{
        .terminal = request.terminal, .with_stdin = request.open_stdin, .signals = SignalProxy::to_us};
    RT_TRY_ASSIGN(wishes.detach_keys, parse_detach_keys(parsed->get<std::string>(
                                          "detach-keys", std::string(kDefaultDetachKeys))));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(const ExecPlan plan, plan_exec(*engine, parsed->operands.front(), request));
    const auto note_start = [&] { warn_of(note_exec_start(*engine, plan)); };
    if (parsed->has("detach")) {
        const auto started = start_exec(plan, ShimClient::Attach::none, -1, note_start);
        if (!started) return report_exec(started.error());
        return 0;
    }
    Foreground foreground(wishes);
    auto started = start_exec(
        plan, request.open_stdin ? ShimClient::Attach::output_and_input : ShimClient::Attach::output,
        foreground.cancel_fd(), note_start);
    return started ? follow(*engine, plan, started->shim, foreground) : report_exec(started.error());
}

} // namespace

const Command kExec = {"exec", "[OPTIONS] CONTAINER COMMAND [ARG...]",
                       "Run a further program in a running container", exec_command};

} // namespace rt::cli
