// SPDX-License-Identifier: Apache-2.0
// Events in the shape of docker's API, and its filters. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/state/events.hpp"

#include <map>
#include <string>
#include <vector>

namespace rt {

// The labels and details of the actor. What is damaged has none.
std::map<std::string, std::string> attributes_of(const Event& event);

// {"Type", "Action", "Actor": {"ID", "Attributes"}, "scope", "time" (s), "timeNano"}, and what it was before
// API 1.22: "status" and "id" of containers and images, "from" of containers.
Json event_json(const Event& event);

// docker's --filter: values of one key are alternatives (labels all have to be there), keys all have to fit.
// Names and ids may be given by their beginning.
class EventFilters {
public:
    // texts: "key=value". invalid_argument: no such key, or no value.
    static Result<EventFilters> parse(const std::vector<std::string>& texts);
    [[nodiscard]] bool matches(const Event& event) const;

private:
    std::multimap<std::string, std::string> values_;
};

} // namespace rt
