// SPDX-License-Identifier: Apache-2.0
// A further process in a running container: found, described after the container's own process, and started
// in its shim.
#pragma once

#include "core/container/run.hpp"
#include "core/shim/client.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rt {

struct ExecRequest {
    std::vector<std::string> command;     // not empty
    std::vector<std::string> environment; // "KEY=value", or "KEY" to take one of the container's away
    std::string user;                     // "": the container's
    std::string working_directory;        // "": the container's; else absolute
    bool terminal = false;
    bool open_stdin = false;
    bool privileged = false; // all capabilities
};

// What is to run and where.
struct ExecPlan {
    std::string container_id;
    Path directory; // run directory of the container
    std::vector<std::string> command;
    ShimExec exec;
};

// not_found names the nearest container; failed_precondition: it does not run, or is paused.
Result<ExecPlan> plan_exec(Engine& engine, const std::string& reference, const ExecRequest& request);

// process_json: config_json's process as request wants it. Pure.
Result<std::string> exec_process(const std::string& config_json, const ExecRequest& request);

struct StartedExec {
    ShimClient shim;
    int pid = 0; // seen from the host
};

// Starts it; the connection is its own (ShimClient::exec()). meanwhile: called once the shim has been asked
// and before its answer is waited for. program_failed: the error is what a shell would
// say of the program, or of the user or directory that it was to have.
std::expected<StartedExec, RunFailure> start_exec(const ExecPlan& plan, ShimClient::Attach attach,
                                                  int cancel_fd, const std::function<void()>& meanwhile = {});

// docker's events of it, for who makes it (who starts it in another call tells that it is made first), starts
// it and hears of its end: exec_create and exec_start while the shim makes it (so that nothing waits for
// them; one that cannot be executed has them too, as docker's has), then exec_die or exec_detach. Of one that
// nobody listens to any more the shim tells the end.
Result<void> note_exec_made(Engine& engine, const ExecPlan& plan);
enum class ExecWasNoted { no, made };
Result<void> note_exec_start(Engine& engine, const ExecPlan& plan, ExecWasNoted noted = ExecWasNoted::no);
Result<void> note_exec_end(Engine& engine, const ExecPlan& plan, int exit_code);
Result<void> note_exec_detach(Engine& engine, const ExecPlan& plan);

} // namespace rt
