// SPDX-License-Identifier: Apache-2.0
// What the service rt-boot does: at the start of the host the containers that are to run, at its end all of
// them stopped in an orderly way.
#include "core/base/text.hpp"
#include "core/container/boot.hpp"
#include "core/container/recovery.hpp"
#include "core/container/stop.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"
#include "tools/rtctl/self_runner.hpp"
#include "tools/rtctl/session.hpp"

#include <algorithm>
#include <map>
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
    RT_TRY_ASSIGN(const bool all_run, Boot(globals, boot_steps(all)).go());
    return all_run && problems.empty() ? 0 : 1;
}

Outcome shutdown(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kSystemShutdown, options::options_description("Options"),
                                           arguments, Operands::anywhere, 0, 0));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    RT_TRY_ASSIGN(Engine::State* const state, engine->state());
    RT_TRY_ASSIGN(const GoingDown going_down, GoingDown::begin(*engine));
    SelfRunner runner(globals);
    std::map<std::string, std::string> names;
    bool any_failed = false;
    const auto finish = [&](const std::string& id, bool succeeded, const std::string& words) {
        if (succeeded) return print_line(names[id]);
        report(names[id], words, "stopped");
        any_failed = true;
    };
    // All at once: each has its own time to end.
    for (const Phase phase : {Phase::running, Phase::restarting}) {
        RT_TRY_ASSIGN(const std::vector<Container> containers, state->containers.in_phase(phase));
        for (const Container& container : containers) {
            if (!names.emplace(container.id, container.name).second) continue;
            if (auto started = runner.start(container.id, {std::string(kHalt.name), container.id}); !started)
                finish(container.id, false, started.error().message);
        }
    }
    while (runner.running() > 0) {
        RT_TRY_ASSIGN(const SelfRunner::Ended ended, runner.wait());
        finish(ended.id, ended.succeeded, ended.words);
    }
    return any_failed ? 1 : 0;
}

Outcome halt(const Globals& globals, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed,
                  parse(kHalt, options::options_description("Options"), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(const auto engine, open_engine(globals));
    auto stopped = stop(*engine, parsed->operands.front(), std::nullopt, StopReason::host);
    if (!stopped && stopped.error().code == Code::not_found) return 0; // ended by itself, with --rm
    if (!stopped) return std::unexpected(std::move(stopped).error());
    return 0;
}

} // namespace

const Command kSystemBoot = {"system boot", "", "Start the containers that are to run when the host comes up",
                             boot};
const Command kSystemShutdown = {"system shutdown", "",
                                 "Stop all containers, to be started again by 'rtctl system boot'", shutdown};
const Command kHalt = {"halt", "CONTAINER-ID",
                       "Stop a container because the host goes down (started by system shutdown)", halt};

} // namespace rt::cli
