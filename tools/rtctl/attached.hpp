// SPDX-License-Identifier: Apache-2.0
// What run, start and attach have in common once a container runs, or does not: docker's exit codes, and
// following it to its end.
#pragma once

#include "core/container/container_events.hpp"
#include "core/container/run.hpp"
#include "tools/rtctl/foreground.hpp"

namespace rt::cli {

// Says why on standard error; the exit code: 125 the engine, 126 and 127 the program, 130 interrupted.
int report(const RunFailure& failure);

// docker's events of somebody who takes part: resize and detach. Of one that cannot be recorded is warned.
void note_resizes(Engine& engine, const Container& container, Foreground& foreground);
void note(Engine& engine, const Container& container, const std::string& action,
          const EventDetails& details = {});

// To the end of the container, or until the user detaches; cleans up, and answers the program's exit code.
int follow_to_end(Engine& engine, Foreground& foreground, RunningContainer& container);

// One that can be attached to now. failed_precondition: it does not run, or is paused.
Result<Container> running_container(Engine& engine, const std::string& reference);

// Beside whoever else does, until it ends or the user leaves: whoever holds its lease cleans up. The
// program's exit code.
Result<int> take_part(Engine& engine, const Container& container, Foreground& foreground, bool with_stdin);

} // namespace rt::cli
