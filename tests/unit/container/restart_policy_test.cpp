// SPDX-License-Identifier: Apache-2.0
#include "core/container/restart_policy.hpp"

#include <gtest/gtest.h>

namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(RestartPolicy, IsReadAsDockerWritesIt) {
    EXPECT_EQ(rt::parse_restart_policy("always")->name, "always");
    EXPECT_EQ(*rt::parse_restart_policy("on-failure:5"), (rt::RestartPolicy{"on-failure", 5}));
    EXPECT_EQ(*rt::parse_restart_policy("on-failure"), (rt::RestartPolicy{"on-failure", 0}));
    for (const char* text : {"", "alway", "always:3", "on-failure:", "on-failure:x", "on-failure:-1"})
        EXPECT_EQ(rt::parse_restart_policy(text).error().code, rt::Code::invalid_argument) << text;
    EXPECT_NE(rt::parse_restart_policy("alway").error().message.find("always?"), std::string::npos);
}

TEST(RestartPolicy, WaitsLongerEachTimeUpToAMinuteAndBeginsAnewAfterAGoodRun) {
    const rt::RestartPolicy always{"always", 0};
    EXPECT_EQ(rt::restart_delay(always, {}), 100 * kMs);
    EXPECT_EQ(rt::restart_delay(always, {.latest_delay = 100 * kMs}), 200 * kMs);
    EXPECT_EQ(rt::restart_delay(always, {.latest_delay = 50'000 * kMs}), 60'000 * kMs);
    EXPECT_EQ(rt::restart_delay(always, {.ran_for = 10'000 * kMs, .latest_delay = 50'000 * kMs}), 100 * kMs);
}

TEST(RestartPolicy, StartsWhatItIsToStartAndNothingElse) {
    const rt::RestartPolicy limited{"on-failure", 2};
    EXPECT_FALSE(rt::restart_delay({"no", 0}, {.exit_code = 1}));
    EXPECT_FALSE(rt::restart_delay({"always", 0}, {.stopped_by_user = true}));
    EXPECT_TRUE(rt::restart_delay({"unless-stopped", 0}, {.exit_code = 0}));
    EXPECT_FALSE(rt::restart_delay(limited, {.exit_code = 0}));
    EXPECT_TRUE(rt::restart_delay(limited, {.exit_code = 1, .restart_count = 1}));
    EXPECT_FALSE(rt::restart_delay(limited, {.exit_code = 1, .restart_count = 2}));
}

TEST(RestartPolicy, AtBootAlwaysMeansAlwaysAndUnlessStoppedRemembersTheUser) {
    EXPECT_TRUE(rt::starts_at_boot({"always", 0}, true, false, 0));
    EXPECT_FALSE(rt::starts_at_boot({"unless-stopped", 0}, true, true, 137));
    EXPECT_TRUE(rt::starts_at_boot({"unless-stopped", 0}, false, true, 255));
    EXPECT_TRUE(rt::starts_at_boot({"on-failure", 3}, false, true, 255));
    EXPECT_FALSE(rt::starts_at_boot({"on-failure", 3}, false, false, 0));
    EXPECT_FALSE(rt::starts_at_boot({"no", 0}, false, true, 255));
}

} // namespace
