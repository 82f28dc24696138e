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
enum class Phase { creating, created, running, restarting, exited, removing };
std::string_view name_of(Phase phase);

struct Container {
    std::string id; // 64 hex digits
    std::string name;
    Phase phase = Phase::creating;
    std::string image_id;
    std::string image_name;
    std::string storage, network, isolation; // driver instances, resolved
    std::string spec;                        // JSON of ContainerSpec
    std::string mounts{};                    // JSON of what is mounted, where volumes are among it; else ""
    std::string start = "{}";                // JSON of StartRecord
    std::int64_t created_at = 0;             // ns
    std::int64_t started_at = 0;
    std::int64_t finished_at = 0;
    int exit_code = 0;
    bool oom_killed = false;
    std::string problem;             // why it did not start, or why nobody can say how it ended
    bool stopped_by_user = false;    // stop or kill, since a user started it
    int restart_count = 0;           // by its restart policy, since a user started it
    std::int64_t restart_delay = 0;  // ns; the latest that its restart policy took
    std::int64_t log_lines_lost = 0; // of runs that are over: could not be written to its log
};

enum class StartedBy { user, restart_policy };

struct ContainerEnd {
    std::int64_t when = 0; // ns
    int exit_code = 0;
    bool oom_killed = false;
    std::string problem{};
    std::int64_t log_lines_lost = 0; // in this run
};

class ContainerStore {
public:
    explicit ContainerStore(Database& database) : database_(database) {}

    // already_exists: the name is taken.
    Result<void> add(const Container& container);
    // By id, name, or unambiguous beginning of an id. not_found names the nearest name.
    Result<Container> find(const std::string& reference);
    Result<bool> has_name(const std::string& name); // exactly, of any container
    // The newest first. of_ended: what a start has recorded is "{}" but where live_state() asks for it.
    enum class Starts { all, of_ended };
    Result<std::vector<Container>> list(Starts starts = Starts::all);
    Result<std::vector<Container>> in_phase(Phase phase);
    // Those that are neither at rest nor new: of which recovery has to see that it is true. The newest first.
    struct Unsettled {
        std::string id, name;
        Phase phase;
    };
    Result<std::vector<Unsettled>> unsettled();

    Result<void> set_phase(const std::string& id, Phase phase);
    // Running from now on. By a user: what its restart policy has counted begins anew.
    Result<void> set_started(const std::string& id, std::int64_t when, const std::string& start,
                             StartedBy by);
    Result<void> set_start_record(const std::string& id, const std::string& start);
    Result<void> set_exited(const std::string& id, const ContainerEnd& end);
    // Ended, and its restart policy starts it again after delay (ns).
    Result<void> set_restarting(const std::string& id, const ContainerEnd& end, std::int64_t delay);
    // A start came to nothing: as it was before it, with what went wrong.
    Result<void> set_not_started(const Container& before, int exit_code, const std::string& problem);
    Result<void> set_stopped_by_user(const std::string& id);
    // already_exists: the name is taken.
    Result<void> set_name(const std::string& id, const std::string& name);
    Result<void> set_spec(const std::string& id, const std::string& spec);
    Result<void> remove(const std::string& id); // its endpoints and leases go with it

private:
    Database& database_;
};

} // namespace rt
