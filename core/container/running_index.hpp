// SPDX-License-Identifier: Apache-2.0
// What a further program in a running container needs to know of it, found in the run directory without the
// database being opened: which container a name means, and what its events tell of it. Kept by whoever holds
// the container's lock. Where something is missing, the database has it.
#pragma once

#include "core/container/engine.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace rt {

struct RunningContainerIndex {
    std::string id;
    std::string name;
    Path root;              // where rt.db was when it started
    std::string attributes; // of its events: a JSON object
};

// attributes: event_attributes(). Replaces what was there.
Result<void> index_running(Engine& engine, const Container& container, const std::string& attributes);
// From here on the database is asked for it: before its name changes there, and after its end, also where the
// database has it no more.
Result<void> forget_running(Engine& engine, const std::string& id);

std::optional<RunningContainerIndex> find_running_by_id(const Engine& engine, const std::string& id);
std::optional<RunningContainerIndex> find_running_by_name(const Engine& engine, const std::string& name);

} // namespace rt
