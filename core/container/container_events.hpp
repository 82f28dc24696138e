// SPDX-License-Identifier: Apache-2.0
// Events of containers with the attributes that docker gives them: image, name, the labels, and what belongs
// to the action. Inside the transaction of the change. One per thread.
#pragma once

#include "core/container/engine.hpp"

#include <string>
#include <utility>
#include <vector>

namespace rt {

using EventDetails = std::vector<std::pair<std::string, std::string>>;

Result<std::string> image_config_of(Engine::State& state, const Container& container); // "": removed by force

// What all events of a container tell, and details: a JSON object.
std::string event_attributes(const Container& container, const std::string& image_config,
                             const EventDetails& details = {});

// image_config: of its image, where the caller has it already; else it is read from the database.
Result<void> note_event(Engine::State& state, const Container& container, const std::string& action,
                        const EventDetails& details = {}, const std::string* image_config = nullptr);
// The same in a transaction of its own: for what changes nothing in the database.
Result<void> record_event(Engine::State& state, const Container& container, const std::string& action,
                          const EventDetails& details = {});
// create, destroy, and connect or disconnect of a container ("": of none).
Result<void> note_network_event(Engine::State& state, const Network& network, const std::string& container_id,
                                const std::string& action);

// Keeps the log of events at its length (EventLog::prune()), in one of several calls. Not on the way of a
// start.
Result<void> prune_now_and_then(Engine::State& state);

// Of a "die".
int exit_code_of(const Event& event);

} // namespace rt
