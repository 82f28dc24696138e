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

Result<void> note_event(Engine::State& state, const Container& container, const std::string& action,
                        const EventDetails& details = {});
// connect or disconnect of a network.
Result<void> note_network_event(Engine::State& state, const Network& network, const std::string& container_id,
                                const std::string& action);
// Of a "die".
int exit_code_of(const Event& event);

} // namespace rt
