// SPDX-License-Identifier: Apache-2.0
// What the first process and further ones have in common between clone and exec: small steps, run out of a
// table by run_steps(), so that a failure names its step. Runs in a forked child of a single-threaded
// process, so it may allocate; it never returns to the host's code.
#pragma once

#include "channel.hpp"
#include "oci_config.hpp"
#include "seccomp_program.hpp"
#include "terminal.hpp"

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace rt::namespaces {

// Everything a child needs to know, made ready by the host before it clones; the child works on its own copy.
struct ProcessSetup {
    ProcessSpec process;
    std::string id;
    SeccompProgram seccomp;
    std::array<int, 3> stdio{-1, -1, -1}; // borrowed
    UniqueFd channel;                     // the child's end
    UniqueFd launcher;                    // see launcher.hpp; empty: not needed
    UniqueFd label; // the process's own /proc/self/attr/..., while the host's /proc is in sight
    UniqueFd terminal_slave;
    std::vector<UniqueFd> entrances; // the tasks files of the container's v1 cgroups
    std::vector<std::uint32_t> groups;
    bool in_working_directory = false;
};

template <class Setup>
struct Step {
    const char* name;
    Result<void> (*run)(Setup&);
};

// A step that does not depend on which process it is, for the table of either.
template <Result<void> (*run)(ProcessSetup&), class Setup>
Result<void> common(Setup& setup) {
    return run(setup);
}

// Reports to the host and ends the process.
[[noreturn]] void give_up(const ProcessSetup& setup, std::string_view step, const Error& error);

template <class Setup>
void run_steps(Setup& setup, std::span<const Step<Setup>> steps) {
    for (const auto& step : steps) {
        try {
            if (const Result<void> done = step.run(setup); !done) give_up(setup, step.name, done.error());
        } catch (const std::exception& exception) {
            give_up(setup, step.name, Error{Code::internal, 0, exception.what()});
        }
    }
}

// The failure to execute name, in the words that docker's clients look for to choose the exit codes 126 and
// 127.
Error exec_error(const std::string& name, int number);

// Of the process itself, or of another one (pid).
Result<void> set_rlimits(int pid, const std::vector<Rlimit>& limits);
Result<void> write_oom_score(int pid, int score);
// What to say where that is refused: the score stays. Else the error.
Result<std::string> explain_oom_score(int pid, int wanted, const Error& error);

// Tells the host something the user should know.
void warn(const ProcessSetup& setup, const std::string& text);

// The steps. They run in this order, with those of the first process in between.
Result<void> reset_signals(ProcessSetup& setup);
Result<void> take_stdio(ProcessSetup& setup);     // the given descriptors become 0, 1 and 2
void close_all_except(std::span<const int> keep); // 0, 1 and 2 stay
Result<void> enter_cgroups(ProcessSetup& setup);  // by the entrances, which it closes
Result<void> start_session(ProcessSetup& setup);
Result<void> set_oom_score(ProcessSetup& setup);    // needs the host's /proc
Result<void> open_label(ProcessSetup& setup);       // needs the host's /proc
Result<void> resolve_identity(ProcessSetup& setup); // in the container's root: user, groups, HOME
Result<void> hand_stdio_to_user(ProcessSetup& setup);
Result<void> enter_working_directory(ProcessSetup& setup);

// After "go": gives up privileges and runs the program. Comes back only through give_up().
[[noreturn]] void run_program(ProcessSetup& setup);

} // namespace rt::namespaces
