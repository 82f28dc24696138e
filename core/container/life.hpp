// SPDX-License-Identifier: Apache-2.0
// The other verbs of a container's life: restart, wait, rename.
#pragma once

#include "core/container/run.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace rt {

// Ends it as stop() does, where it runs, and starts it.
std::expected<RunningContainer, RunFailure> restart(Engine& engine, const std::string& reference,
                                                    std::optional<std::chrono::seconds> grace,
                                                    const RunOptions& options = {},
                                                    std::optional<int> signal_number = {});

// invalid_argument: no name that a container can have; already_exists: it is taken.
Result<void> rename(Engine& engine, const std::string& reference, const std::string& name);

enum class WaitFor { not_running, next_exit, removed };
Result<WaitFor> parse_wait_condition(const std::string& text); // as docker's API words them; "": not_running

// What a wait begins with. What is waited for is among the events of the container after last_event.
struct WaitStart {
    Container container;
    std::int64_t last_event = 0;
    int ends_before = 0; // of these events, ends of runs that were over before: they are not the next
    [[nodiscard]] bool runs() const;
};
Result<WaitStart> begin_wait(Engine& engine, const std::string& reference, WaitFor condition);

// Waits until it is so, and answers the exit code of the latest run. One that its restart policy will start
// again counts as running. cancelled: cancel_fd became readable.
Result<int> wait(Engine& engine, const std::string& reference, WaitFor condition, int cancel_fd = -1);

} // namespace rt
