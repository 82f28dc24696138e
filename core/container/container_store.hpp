// SPDX-License-Identifier: Apache-2.0
// Containers in rt.db: what was asked for and what was recorded. Whether one runs is not here but with its
// shim. One per thread.
#pragma once

#include "core/base/error.hpp"
#include "core/state/database.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// What was recorded last. A process that dies leaves it behind: creating and removing are then undone or
// finished by whoever comes next, running is checked against the shim.
enum class Phase { creating, running, exited, removing };
std::string_view name_of(Phase phase);

struct Container {
    std::string id; // 64 hex digits
    std::string name;
    Phase phase = Phase::creating;
    std::string image_id;
    std::string image_name;
    std::string storage, network, isolation; // driver instances, resolved
    std::string spec;                        // JSON of ContainerSpec
    std::string start = "{}";                // JSON of StartRecord
    std::int64_t created_at = 0;             // ns
    std::int64_t started_at = 0;
    std::int64_t finished_at = 0;
    int exit_code = 0;
    std::string problem; // why nobody can say how it ended
};

class ContainerStore {
public:
    explicit ContainerStore(Database& database) : database_(database) {}

    // already_exists: the name is taken.
    Result<void> add(const Container& container);
    // By id, name, or unambiguous beginning of an id. not_found names the nearest name.
    Result<Container> find(const std::string& reference);
    Result<std::vector<Container>> list(); // the newest first
    Result<std::vector<Container>> in_phase(Phase phase);

    Result<void> set_phase(const std::string& id, Phase phase);
    Result<void> set_started(const std::string& id, std::int64_t when, const std::string& start);
    Result<void> set_exited(const std::string& id, std::int64_t when, int exit_code,
                            const std::string& problem);
    Result<void> remove(const std::string& id); // its endpoints and leases go with it

private:
    Database& database_;
};

} // namespace rt
