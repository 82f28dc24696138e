// SPDX-License-Identifier: Apache-2.0
// Which containers are to run when the host comes up, and in which order.
#include "core/container/boot.hpp"

#include "core/container/spec.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

rt::Container container(const std::string& name, const std::string& policy) {
    static int number = 0;
    rt::ContainerSpec spec;
    spec.image = "x";
    spec.restart_policy = *rt::parse_restart_policy(policy);
    rt::Container made;
    made.name = name;
    made.id = name + std::string(64 - name.size(), '0');
    made.phase = rt::Phase::exited;
    made.spec = rt::to_json(spec).dump();
    made.created_at = ++number;
    made.started_at = 1;
    made.exit_code = 255;
    return made;
}

void change(rt::Container& container, const std::function<void(rt::ContainerSpec&)>& how) {
    auto spec = *rt::spec_from_json(container.spec);
    how(spec);
    container.spec = rt::to_json(spec).dump();
}

std::vector<std::string> names(const std::vector<rt::BootStep>& steps) {
    std::vector<std::string> found;
    for (const auto& step : steps) found.push_back(step.container.name);
    return found;
}
using Names = std::vector<std::string>;

TEST(BootSteps, AreThoseThatTheirPoliciesWant) {
    const struct {
        const char* policy;
        bool stopped_by_user;
        int exit_code, restarts;
        bool wanted;
    } cases[] = {
        {"no", false, 255, 0, false},
        {"always", false, 0, 0, true},
        {"always", true, 137, 0, true},
        {"unless-stopped", false, 255, 0, true},
        {"unless-stopped", true, 143, 0, false},
        {"on-failure", false, 255, 0, true},
        {"on-failure", false, 0, 0, false},
        {"on-failure", true, 143, 0, false},
        {"on-failure:2", false, 1, 1, true},
        {"on-failure:2", false, 1, 2, false},
    };
    for (const auto& each : cases) {
        rt::Container one = container("one", each.policy);
        one.stopped_by_user = each.stopped_by_user;
        one.exit_code = each.exit_code;
        one.restart_count = each.restarts;
        EXPECT_EQ(rt::boot_steps({one}).size() == 1, each.wanted)
            << each.policy << " " << each.stopped_by_user << " " << each.exit_code;
    }
}

TEST(BootSteps, LeaveOutWhatRunsAndWhatNeverRan) {
    rt::Container runs = container("runs", "always");
    runs.phase = rt::Phase::running;
    rt::Container never = container("never", "always");
    never.phase = rt::Phase::created;
    never.started_at = 0;
    rt::Container damaged = container("damaged", "always");
    damaged.spec = "{";
    EXPECT_EQ(names(rt::boot_steps({runs, never, damaged})), Names{});
}

TEST(BootSteps, ComeTheOldestFirstAndAfterWhatTheyNeed) {
    rt::Container inner = container("inner", "always");
    rt::Container outer = container("outer", "always");
    rt::Container linked = container("linked", "always");
    change(inner, [&](rt::ContainerSpec& spec) { spec.network = "container:outer"; });
    change(linked, [&](rt::ContainerSpec& spec) {
        spec.network = "container:inner";
        spec.pid_mode = "container:" + outer.id.substr(0, 12);
        spec.ipc_mode = "container:gone"; // its start will say so
    });
    const auto steps = rt::boot_steps({linked, outer, inner});
    EXPECT_EQ(names(steps), (Names{"inner", "outer", "linked"}));
    EXPECT_EQ(steps[0].after, Names{outer.id});
    EXPECT_EQ(steps[1].after, Names{});
    EXPECT_EQ(steps[2].after, (Names{inner.id, outer.id}));
}

} // namespace
