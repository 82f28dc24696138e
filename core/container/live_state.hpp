// SPDX-License-Identifier: Apache-2.0
// How a container is right now, by what its shim keeps in the run directory: no connection is made, so that
// many containers are listed quickly. Any thread.
#pragma once

#include "core/base/json.hpp"
#include "core/container/engine.hpp"
#include "core/container/run_survey.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace rt {

struct LiveState {
    std::string state;  // docker's: created, running, paused, restarting, exited, removing
    std::string status; // "Up 5 minutes (healthy)", "Exited (1) 2 minutes ago"
    Json health;        // docker's Health, also of a run that is over; null: no check
};

// Between its end and the clean-up a container is over already.
Container as_it_is(Engine& engine, Container container);

// Of one that runs.
bool is_paused(const Engine& engine, const std::string& id);

// Of all its runs, also the present one. container: as it is stored.
std::int64_t log_lines_lost(const Engine& engine, const Container& container);

// For the clean-up after a run: its start record with its last health, which live_state() shows from then on.
// "": it had no check.
std::string start_with_health(const Engine& engine, const Container& container);

// container: as_it_is(). Health that is not as the shim writes it counts as none.
LiveState live_state(Engine& engine, const Container& container);
LiveState live_state(Engine& engine, const Container& container, const RunState& run); // which just runs

} // namespace rt
