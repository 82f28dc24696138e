// SPDX-License-Identifier: Apache-2.0
// What the service rt-boot does: at the start of the host the containers that are to run, at its end all of
// them stopped in an orderly way, and what drivers keep on the host for their networks taken down.
#include "core/base/text.hpp"
#include "core/container/boot.hpp"
#include "core/container/networks.hpp"
#include "core/container/recovery.hpp"
#include "core/container/spec.hpp"
#include "core/container/stop.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/self_runner.hpp"
#include "tools/rtctl/session.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <thread>

namespace rt::cli {
namespace {

// A start waits for the disk and the kernel's locks about as long as it computes.
std::size_t most_at_once() {
    return std::clamp<std::size_t>(2UL * std::thread::hardware_concurrency(), 4, 16);
}

void report(const std::string& name, const std::string& words, const char* did) {
    print_error(fail(Code::unavailable, "container '", name, "' could not be ", did, ": ", words).error());
}

// Starts what is to run, each as soon as those that it needs do.
class Boot {
public:
    Boot(const Globals& globals, std::vector<BootStep> steps) : runner_(globals), waiting_(std::move(steps)) {
        for (const BootStep& step : waiting_) states_[step.container.id] = {step.container.name};
    }

    Result<bool> go() {
        for (;;) {
            begin_those_that_can();
            if (runner_.running() == 0 && waiting_.empty()) return !any_failed_;
            if (runner_.running() == 0) { // they wait for each other
                begin(waiting_.begin());
                continue;
            }
            RT_TRY_ASSIGN(const SelfRunner::Ended ended, runner_.wait());
            finish(ended.id, ended.succeeded, ended.words);
        }
    }

private:
    enum class Outcome { open, runs, failed };
    struct State {
        std::string name;
        Outcome outcome = Outcome::open;
    };
    using Step = std::vector<BootStep>::iterator;

    void finish(const std::string& id, bool succeeded, const std::string& words) {
        State& state = states_[id];
        state.outcome = succeeded ? Outcome::runs : Outcome::failed;
        if (succeeded) return print_line(state.name);
        report(state.name, words, "started");
        any_failed_ = true;
    }

    Step begin(Step step) {
        const std::string id = step->container.id;
        step = waiting_.erase(step);
        if (auto started = runner_.start(id, {"start", id}); !started)
            finish(id, false, started.error().message);
        return step;
    }

    void begin_those_that_can() {
        for (Step step = waiting_.begin(); step != waiting_.end() && runner_.running() < most_at_once();) {
            const auto has = [&](Outcome outcome) {
                return std::ranges::find(step->after, outcome,
                                         [&](const auto& id) { return states_[id].outcome; });
            };
            if (const auto failed = has(Outcome::failed); failed != step->after.end()) {
                const std::string id = step->container.id;
                const std::string other = states_[*failed].name;
                step = waiting_.erase(step);
                finish(id, false, cat("it needs container '", other, "', which could not be started"));
                step = waiting_.begin(); // others may have waited for this one
            } else if (has(Outcome::open) != step->after.end()) {
                ++step;
            } else {
                step = begin(step);
            }
        }
    }

    SelfRunner runner_;
    std::vector<BootStep> waiting_;
    std::map<std::string, State> states_; // by id
    bool any_failed_ = false;
};

Outcome boot(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kSystemBoot, options::options_description("Options"), arguments,
                                           Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    const std::vector<Error> problems = recover(*engine);
    for (const Error& problem : problems) print_error(problem);
    RT_TRY_ASSIGN(const std::vector<Container> all, state->containers.list());
    const std::vector<Error> stayed = remove_what_was_to_go(*engine, all);
    for (const Error& problem : stayed) print_error(problem);
    RT_TRY_ASSIGN(const bool all_run, Boot(globals, boot_steps(all)).go());
    return all_run && problems.empty() && stayed.empty() ? 0 : 1;
}

options::options_description ending_limit() {
    options::options_description description("Options");
    description.add_options()(
        "timeout,t", options::value<int>()->value_name("SECONDS"),
        "how long a container may take at most (default: each as long as it is allowed to)");
    return description;
}

// All at once: each has its own time to end. False: one could not be stopped.
Result<bool> stop_all(const Globals& globals, Engine::State& state, const Arguments& how) {
    SelfRunner runner(globals);
    std::map<std::string, std::string> names;
    bool any_failed = false;
    const auto finish = [&](const std::string& id, bool succeeded, const std::string& words) {
        if (succeeded) return print_line(names[id]);
        report(names[id], words, "stopped");
        any_failed = true;
    };
    for (const Phase phase : {Phase::running, Phase::restarting}) {
        RT_TRY_ASSIGN(const std::vector<Container> containers, state.containers.in_phase(phase));
        for (const Container& container : containers) {
            if (!names.emplace(container.id, container.name).second) continue;
            Arguments words = how;
            words.push_back(container.id);
            if (auto started = runner.start(container.id, words); !started)
                finish(container.id, false, started.error().message);
        }
    }
    while (runner.running() > 0) {
        RT_TRY_ASSIGN(const SelfRunner::Ended ended, runner.wait());
        finish(ended.id, ended.succeeded, ended.words);
    }
    return !any_failed;
}

Outcome shutdown(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kSystemShutdown, ending_limit(), arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    Arguments how{std::string(kHalt.name)};
    if (parsed->get<int>("timeout") < 0)
        return wrong_option(
            "system shutdown: --timeout is not below 0: without it each container has its own time");
    if (parsed->has("timeout")) how.push_back(cat("--timeout=", parsed->get<int>("timeout")));
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const GoingDown going_down, GoingDown::begin(*engine));
    RT_TRY_ASSIGN(const bool all_stopped, stop_all(globals, *state, how));
    std::vector<Error> problems = recover(*engine); // who has ended unseen has places in networks
    std::ranges::move(rest_networks(*engine), std::back_inserter(problems));
    for (const Error& problem : problems) print_error(problem);
    return all_stopped && problems.empty() ? 0 : 1;
}

// As long as the container is allowed to take, and no longer than the limit.
std::optional<std::chrono::seconds> limited_grace(const Container& container, const Parsed& parsed) {
    constexpr int kDefault = 10; // seconds, as docker's
    if (!parsed.has("timeout")) return std::nullopt;
    const std::chrono::seconds limit(parsed.get<int>("timeout"));
    const auto spec = spec_from_json(container.spec);
    const std::chrono::seconds own(spec ? spec->stop_timeout.value_or(kDefault) : kDefault);
    return own.count() < 0 ? limit : std::min(own, limit);
}

Outcome halt(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kHalt, ending_limit(), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    const auto found = state->containers.find(parsed->operands.front());
    if (!found && found.error().code == Code::not_found) return 0;
    if (!found) return std::unexpected(found.error());
    auto stopped = stop(*engine, found->id, limited_grace(*found, *parsed), StopReason::host);
    if (!stopped && stopped.error().code == Code::not_found) return 0; // ended by itself, with --rm
    if (!stopped) return std::unexpected(std::move(stopped).error());
    return 0;
}

} // namespace

const Command kSystemBoot = {"system boot", "", "Start the containers that are to run when the host comes up",
                             boot};
const Command kSystemShutdown = {"system shutdown", "[OPTIONS]",
                                 "Stop all containers until 'rtctl system boot', take down networks",
                                 shutdown};
const Command kHalt = {"halt", "[OPTIONS] CONTAINER-ID",
                       "Stop a container because the host goes down (started by system shutdown)", halt};

} // namespace rt::cli
