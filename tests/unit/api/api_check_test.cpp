// SPDX-License-Identifier: Apache-2.0
// The checker itself: it would see a field that is missing, unknown, of another type, or of another word.
#include "support/api_check.hpp"

#include <gmock/gmock.h>

namespace {

using nlohmann::json;
using rt::test::violations;
using testing::ElementsAre;
using testing::IsEmpty;

const json kState = {{"Status", "running"},
                     {"Running", true},
                     {"Paused", false},
                     {"Restarting", false},
                     {"OOMKilled", false},
                     {"Dead", false},
                     {"Pid", 1},
                     {"ExitCode", 0},
                     {"Error", ""},
                     {"StartedAt", "2026-11-25T19:14:28.000000001Z"},
                     {"FinishedAt", "0001-01-01T00:00:00Z"}};

TEST(ApiCheck, TakesWhatDockerWouldWrite) {
    EXPECT_THAT(violations(kState, "ContainerState"), IsEmpty());
}

TEST(ApiCheck, SeesEachKindOfMistake) {
    json state = kState;
    state.erase("Pid");
    EXPECT_THAT(violations(state, "ContainerState"), ElementsAre("Pid: is missing"));
    state["Pid"] = "1";
    EXPECT_THAT(violations(state, "ContainerState"), ElementsAre("Pid: is no integer: \"1\""));
    state["Pid"] = nullptr;
    EXPECT_THAT(violations(state, "ContainerState"), ElementsAre("Pid: is null"));
    state["Pid"] = 1;
    state["Mood"] = "good";
    EXPECT_THAT(violations(state, "ContainerState"), ElementsAre("Mood: docker has no such field"));
    state.erase("Mood");
    state["Status"] = "asleep";
    EXPECT_EQ(violations(state, "ContainerState").size(), 1U);
    state["Status"] = "paused";
    state["Health"] = {{"Status", "healthy"}, {"FailingStreak", 0}, {"Log", {{{"Start", "today"}}}}};
    EXPECT_THAT(violations(state, "ContainerState"),
                testing::UnorderedElementsAre(
                    "Health.Log[].Start: \"today\" is no date", "Health.Log[].End: is missing",
                    "Health.Log[].ExitCode: is missing", "Health.Log[].Output: is missing"));
}

} // namespace
