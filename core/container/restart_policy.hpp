// SPDX-License-Identifier: Apache-2.0
// Docker's restart policies: whether a container that has ended is started again, and after how long. Pure;
// any thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rt {

struct RestartPolicy {
    std::string name = "no";     // no, always, on-failure, unless-stopped
    int maximum_retry_count = 0; // of on-failure; 0: no limit
    bool operator==(const RestartPolicy&) const = default;
};

// "on-failure:5". invalid_argument: unknown name, or a count where it has no meaning.
Result<RestartPolicy> parse_restart_policy(const std::string& text);

// What is known of a container that has ended.
struct EndFacts {
    int exit_code = 0;
    bool stopped_by_user = false;  // stop or kill, since it was last started by a user
    int restart_count = 0;         // of the policy, since then
    std::int64_t ran_for = 0;      // ns
    std::int64_t latest_delay = 0; // ns; 0: none yet
};

// The delay (ns) before the next start: 100 ms, doubled each time up to a minute, and from the beginning
// again when it has run for ten seconds. Empty: it stays as it is.
std::optional<std::int64_t> restart_delay(const RestartPolicy& policy, const EndFacts& facts);

// At the boot of the host, or when whoever should have restarted it was killed.
bool starts_at_boot(const RestartPolicy& policy, bool stopped_by_user, bool was_running, int exit_code);

} // namespace rt
