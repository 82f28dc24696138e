// SPDX-License-Identifier: Apache-2.0
#include "core/container/exec.hpp"

#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/container/capabilities.hpp"
#include "core/container/container_events.hpp"
#include "core/container/live_state.hpp"
#include "core/container/running_index.hpp"
#include "core/state/event_spool.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

constexpr std::size_t kIdDigits = 64;
constexpr std::string_view kTerm = "TERM=xterm"; // what a terminal adds to a container's environment

std::string key_of(const std::string& assignment) {
    return assignment.substr(0, assignment.find('='));
}

using Words = std::vector<std::string>;

// The container's, which has a TERM of ours only if it has a terminal; then the user's wishes.
Words environment(Words own, bool own_terminal, const ExecRequest& request) {
    const auto find = [&](const std::string& key) { return std::ranges::find(own, key, key_of); };
    if (own_terminal && !request.terminal) std::erase(own, kTerm);
    if (request.terminal && find("TERM") == own.end()) own.emplace_back(kTerm);
    for (const std::string& assignment : request.environment) {
        const std::string key = key_of(assignment);
        if (const auto found = find(key); found != own.end()) own.erase(found);
        if (key.size() < assignment.size()) own.push_back(assignment);
    }
    return own;
}

Json all_capabilities() {
    const auto all = effective_capabilities({"ALL"}, {});
    const Words names = all ? *all : Words(); // a name of our own table: cannot fail
    return {{"bounding", names}, {"effective", names}, {"permitted", names}};
}

struct Found {
    std::string id;
    std::string name;
};

Result<Found> find_container(Engine& engine, const std::string& reference) {
    auto index = find_running_by_id(engine, reference); // first: an id that is somebody else's name
    if (!index) index = find_running_by_name(engine, reference);
    if (index) return Found{std::move(index->id), std::move(index->name)};
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(Container container, state->containers.find(reference));
    return Found{std::move(container.id), std::move(container.name)};
}

using Noted = std::vector<std::pair<std::string, EventDetails>>; // action and details

// False: the database has to be opened for them.
Result<bool> spool(const RunningContainerIndex& index, const Noted& events) {
    std::string lines;
    for (const auto& [action, details] : events) {
        Json attributes = Json::parse(index.attributes, nullptr, false);
        for (const auto& [key, value] : details) attributes[key] = value;
        const Json event{{"time", now_ns()},
                         {"type", "container"},
                         {"action", action},
                         {"actor_id", index.id},
                         {"attributes", std::move(attributes)}};
        lines += cat(lines.empty() ? "" : "\n", event.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    return spool_event(index.root, lines);
}

Result<void> note(Engine& engine, const ExecPlan& plan, const Noted& events) {
    // As it is now: it may have got another name, or have gone.
    if (const auto index = find_running_by_id(engine, plan.container_id)) {
        RT_TRY_ASSIGN(const bool spooled, spool(*index, events));
        if (spooled) return {};
    }
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    auto container = state->containers.find(plan.container_id);
    if (!container && container.error().code == Code::not_found) return {}; // it went, and the exec with it
    if (!container) return std::unexpected(std::move(container).error());
    return state->database.transaction([&]() -> Result<void> {
        for (const auto& [action, details] : events) RT_TRY(note_event(*state, *container, action, details));
        return prune_now_and_then(*state);
    });
}

// " sh -c true"
std::string line_of(const ExecPlan& plan) {
    std::string line;
    for (const std::string& word : plan.command) line += cat(" ", word);
    return line;
}

} // namespace

Result<std::string> exec_process(const std::string& config_json, const ExecRequest& request) {
    RT_TRY_ASSIGN(Json config, parse_json(config_json, "config.json of the container"));
    try {
        Json process = std::move(config.at("process"));
        const bool own_terminal = process.value("terminal", false);
        process["env"] = environment(process.value("env", Words()), own_terminal, request);
        process["args"] = request.command;
        process["terminal"] = request.terminal;
        process.erase("consoleSize");
        // Groups that were added for the container are added here too, as docker does.
        if (!request.user.empty()) process["user"]["username"] = request.user;
        if (!request.working_directory.empty()) process["cwd"] = request.working_directory;
        if (request.privileged) process["capabilities"] = all_capabilities();
        return process.dump(-1, ' ', false, Json::error_handler_t::replace);
    } catch (const Json::exception& error) {
        return fail(Code::corrupt, "config.json of the container: ", error.what());
    }
}

Result<ExecPlan> plan_exec(Engine& engine, const std::string& reference, const ExecRequest& request) {
    if (!request.working_directory.empty() && !request.working_directory.starts_with('/'))
        return fail(Code::invalid_argument, "working directory '", request.working_directory,
                    "': it must be an absolute path in the container");
    RT_TRY_ASSIGN(const Found container, find_container(engine, reference));
    ExecPlan plan;
    plan.container_id = container.id;
    plan.directory = engine.run_directory(container.id);
    plan.command = request.command;
    const auto config = read_file(plan.directory / "config.json");
    if (!config)
        return fail(Code::failed_precondition, "container '", container.name,
                    "' is not running: start it first");
    if (is_paused(engine, container.id))
        return fail(Code::failed_precondition, "container '", container.name,
                    "' is paused: unpause it before exec");
    plan.exec.id = random_hex(kIdDigits);
    plan.exec.terminal = request.terminal;
    plan.exec.open_stdin = request.open_stdin;
    auto process = exec_process(*config, request);
    if (!process) return in_context(std::move(process).error(), "exec in container '", container.name, "'");
    plan.exec.process_json = std::move(*process);
    return plan;
}

std::expected<StartedExec, RunFailure> start_exec(const ExecPlan& plan, ShimClient::Attach attach,
                                                  int cancel_fd, const std::function<void()>& meanwhile) {
    auto shim = ShimClient::connect(plan.directory);
    if (!shim && shim.error().code != Code::not_found)
        return std::unexpected(RunFailure{std::move(shim).error(), false});
    if (!shim)
        return std::unexpected(RunFailure{
            fail(Code::failed_precondition, "the container is not running: start it first").error(), false});
    Operation operation = Engine::new_operation();
    operation.cancel_fd = cancel_fd;
    const auto asked = shim->send_exec(operation, plan.exec, attach);
    if (asked && meanwhile) meanwhile();
    const auto pid = asked ? shim->receive_exec() : std::unexpected(asked.error());
    if (pid) return StartedExec{std::move(*shim), *pid};
    const Code code = pid.error().code;
    const bool ours = code == Code::failed_precondition || code == Code::cancelled ||
                      code == Code::unavailable || code == Code::unsupported;
    return std::unexpected(RunFailure{pid.error(), !ours});
}

Result<void> note_exec_made(Engine& engine, const ExecPlan& plan) {
    return note(engine, plan, {{cat("exec_create:", line_of(plan)), {{"execID", plan.exec.id}}}});
}

Result<void> note_exec_start(Engine& engine, const ExecPlan& plan, ExecWasNoted noted) {
    const std::string line = line_of(plan);
    const EventDetails details{{"execID", plan.exec.id}};
    Noted events{{cat("exec_start:", line), details}};
    if (noted == ExecWasNoted::no) events.insert(events.begin(), {cat("exec_create:", line), details});
    return note(engine, plan, events);
}

Result<void> note_exec_end(Engine& engine, const ExecPlan& plan, int exit_code) {
    return note(engine, plan,
                {{"exec_die", {{"execID", plan.exec.id}, {"exitCode", std::to_string(exit_code)}}}});
}

Result<void> note_exec_detach(Engine& engine, const ExecPlan& plan) {
    return note(engine, plan, {{"exec_detach", {{"execID", plan.exec.id}}}});
}

} // namespace rt
