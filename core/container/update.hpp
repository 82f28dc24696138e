// SPDX-License-Identifier: Apache-2.0
// Changes the limits and the restart policy of a container that exists: at once where it runs, and recorded,
// so that they hold for its next start.
#pragma once

#include "core/container/engine.hpp"
#include "core/container/spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rt {

// Named and measured as in ContainerSpec. As in docker, 0 and "" leave a limit as it is; only pids_limit
// takes 0 (or below) as "no limit".
struct ContainerUpdate {
    std::int64_t memory = 0, memory_reservation = 0, memory_swap = 0;
    std::int64_t nano_cpus = 0, cpu_shares = 0, cpu_period = 0, cpu_quota = 0;
    std::int64_t cpu_realtime_period = 0, cpu_realtime_runtime = 0;
    std::string cpuset_cpus{}, cpuset_mems{};
    int blkio_weight = 0;
    std::optional<std::int64_t> pids_limit{};
    std::optional<RestartPolicy> restart_policy{};
};

// spec with the changes. failed_precondition: they conflict with what the container has (docker's words);
// invalid_argument: values that no container may have. Pure.
Result<ContainerSpec> updated_spec(ContainerSpec spec, const ContainerUpdate& update);

// The changed limits as linux.resources of the OCI runtime specification; spec: updated. Empty object: none.
// Pure.
Json update_resources(const ContainerSpec& spec, const ContainerUpdate& update);

// Answers what the isolation driver warns of. After a failure everything is as it was: failed_precondition: a
// limit is below what is in use. Killed in between, the new limits are recorded, and repeating the call
// brings them into force.
Result<std::vector<std::string>> update_container(Engine& engine, const std::string& reference,
                                                  const ContainerUpdate& update);

} // namespace rt
