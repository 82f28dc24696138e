// SPDX-License-Identifier: Apache-2.0
// Ends containers: signals, with or without grace, and the removal of what is left.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/reap.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace rt {

// "TERM", "SIGTERM", "15" -> 15. invalid_argument names the nearest.
Result<int> parse_signal(const std::string& text);

// Sends a signal to the container's first process. failed_precondition: it does not run.
Result<void> kill(Engine& engine, const std::string& reference, int signal_number);

// Asks with a signal (where it is not given, the container's or its image's stop signal), waits (grace; where
// it is not given, as long as the container says, or 10 s; below 0: for ever), kills; returns when the
// container is cleaned up. One that does not run is left as it is. reason: by a user's will its restart
// policy lets it rest; with the host it is started again when that comes up (boot.hpp).
enum class StopReason { user, host };
Result<void> stop(Engine& engine, const std::string& reference, std::optional<std::chrono::seconds> grace,
                  StopReason reason = StopReason::user, std::optional<int> signal_number = {});

enum class Force { no, yes };
// Removes a container that does not run; forced, it is killed first. Its anonymous volumes stay, or go with
// it. Returns its id.
Result<std::string> remove(Engine& engine, const std::string& reference, Force force,
                           AnonymousVolumes volumes = AnonymousVolumes::keep);

} // namespace rt
