// SPDX-License-Identifier: Apache-2.0
// The host comes up, or goes down: which containers are to run then, in which order, and how they end without
// their restart policies taking it for a reason to begin again.
#pragma once

#include "core/container/engine.hpp"

#include <string>
#include <vector>

namespace rt {

// A container that is to be started, after those (ids) of the same list whose namespaces it joins.
struct BootStep {
    Container container;
    std::vector<std::string> after;
};

// Of all containers there are, those that do not run and whose restart policy wants them to when the host
// comes up: always; unless-stopped, where no user has stopped it; on-failure, where it ended with a failure
// (or with the host) and has restarts left. None that was never started. The oldest first. Pure.
std::vector<BootStep> boot_steps(const std::vector<Container>& all);

// What was to go with its end and is at rest: the host went down in the midst of its restart. Removes it, but
// for one that is being restarted now. Answers what went wrong.
std::vector<Error> remove_what_was_to_go(Engine& engine, const std::vector<Container>& all);

// While one of these lives, no restart policy starts anything: the containers are being stopped because the
// host, or the service, goes down. Seen by all processes; ends with this one at the latest.
class GoingDown {
public:
    static Result<GoingDown> begin(const Engine& engine);
    GoingDown(GoingDown&& other) noexcept : directory_(std::exchange(other.directory_, {})) {}
    GoingDown& operator=(GoingDown&&) = delete;
    ~GoingDown();

private:
    explicit GoingDown(Path directory) : directory_(std::move(directory)) {}
    Path directory_;
};
bool is_going_down(const Engine& engine);

} // namespace rt
