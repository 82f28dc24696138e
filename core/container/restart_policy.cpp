// SPDX-License-Identifier: Apache-2.0
#include "core/container/restart_policy.hpp"

#include "core/base/nearest.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace rt {
namespace {

constexpr std::int64_t kFirstDelay = 100'000'000;      // ns
constexpr std::int64_t kLongestDelay = 60'000'000'000; // ns
constexpr std::int64_t kRanWell = 10'000'000'000;      // ns

} // namespace

Result<RestartPolicy> parse_restart_policy(const std::string& text) {
    const std::size_t colon = text.find(':');
    RestartPolicy policy{text.substr(0, colon), 0};
    const std::vector<std::string> known{"no", "always", "on-failure", "unless-stopped"};
    if (std::ranges::find(known, policy.name) == known.end()) {
        const std::string best = nearest(policy.name, known);
        return fail(Code::invalid_argument, "unknown restart policy '", policy.name,
                    "': it is one of no, always, unless-stopped and on-failure[:COUNT]",
                    best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
    }
    if (colon == std::string::npos) return policy;
    const std::string count = text.substr(colon + 1);
    const char* const last = count.data() + count.size();
    if (policy.name != "on-failure")
        return fail(Code::invalid_argument, "restart policy '", text, "': only on-failure takes a count");
    const auto read = std::from_chars(count.data(), last, policy.maximum_retry_count);
    if (read.ec != std::errc{} || read.ptr != last || policy.maximum_retry_count < 0)
        return fail(Code::invalid_argument, "restart policy '", text, "': '", count,
                    "' is not a number of restarts");
    return policy;
}

std::optional<std::int64_t> restart_delay(const RestartPolicy& policy, const EndFacts& facts) {
    if (policy.name == "no" || facts.stopped_by_user) return std::nullopt;
    if (policy.name == "on-failure") {
        const bool used_up =
            policy.maximum_retry_count > 0 && facts.restart_count >= policy.maximum_retry_count;
        if (facts.exit_code == 0 || used_up) return std::nullopt;
    }
    if (facts.latest_delay == 0 || facts.ran_for >= kRanWell) return kFirstDelay;
    return std::min(facts.latest_delay * 2, kLongestDelay);
}

bool starts_at_boot(const RestartPolicy& policy, bool stopped_by_user, bool was_running, int exit_code) {
    if (policy.name == "always") return true;
    if (policy.name == "unless-stopped") return !stopped_by_user;
    return policy.name == "on-failure" && !stopped_by_user && (was_running || exit_code != 0);
}

} // namespace rt
