// SPDX-License-Identifier: Apache-2.0
// Puts right what killed processes left: starts that never came to their end, removals that stopped half way,
// containers whose shim is dead, networks of running ones that were being changed, run directories that
// belong to nobody.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/run_survey.hpp"

#include <string>
#include <vector>

namespace rt {

// Everything there is to be found. Does not touch what a live process is working on. One that cannot be put
// right does not keep the others from it: what went wrong is returned, one error each.
std::vector<Error> recover(Engine& engine);

// The same for who has just read which containers there are, and what their run directories say.
struct Recovered {
    std::vector<Error> problems;
    bool is_changed = false; // something was put right: what was read may hold no more
};
Recovered recover(Engine& engine, Engine::State& state,
                  const std::vector<ContainerStore::Unsettled>& containers, const RunSurvey& survey);

// The same for what one container has left, or somebody of this id who is no container any more.
Result<void> recover_one(Engine& engine, const std::string& id);

// The container as it really is: when its shim is dead, it is reaped first. not_found: it went away by that.
Result<Container> refresh(Engine& engine, const Container& container);

} // namespace rt
