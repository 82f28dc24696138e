// SPDX-License-Identifier: Apache-2.0
#include "core/container/process_plan.hpp"

#include <gmock/gmock.h>

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

constexpr const char* kImage =
    R"({"config": {"Entrypoint": ["/entry"], "Cmd": ["a", "b"], "Env": ["PATH=/x", "L=1"],
    "WorkingDir": "/w", "User": "web", "StopSignal": "SIGQUIT"}})";

rt::ContainerSpec spec() {
    rt::ContainerSpec spec;
    spec.image = "test";
    return spec;
}

TEST(ProcessPlan, TakesEverythingFromTheImageWhenTheUserSaysNothing) {
    const auto plan = rt::plan_process(spec(), kImage, "host");
    ASSERT_TRUE(plan);
    EXPECT_THAT(plan->arguments, ElementsAre("/entry", "a", "b"));
    EXPECT_THAT(plan->environment, ElementsAre("PATH=/x", "HOSTNAME=host", "L=1"));
    EXPECT_EQ(plan->working_directory, "/w");
    EXPECT_EQ(plan->user, "web");
    EXPECT_EQ(plan->stop_signal, "SIGQUIT");
}

TEST(ProcessPlan, ACommandReplacesCmdAndAnEntrypointReplacesBoth) {
    auto mine = spec();
    mine.command = {"c"};
    EXPECT_THAT(rt::plan_process(mine, kImage, "h")->arguments, ElementsAre("/entry", "c"));
    mine.entrypoint = {"/other"};
    EXPECT_THAT(rt::plan_process(mine, kImage, "h")->arguments, ElementsAre("/other", "c"));
    mine.command = {};
    EXPECT_THAT(rt::plan_process(mine, kImage, "h")->arguments, ElementsAre("/other"));
    mine.entrypoint = std::vector<std::string>();
    mine.command = {"d"};
    EXPECT_THAT(rt::plan_process(mine, kImage, "h")->arguments, ElementsAre("d"));
}

TEST(ProcessPlan, EnvironmentIsReplacedAddedAndRemoved) {
    auto mine = spec();
    mine.environment = {"L=2", "N=3", "PATH"};
    mine.terminal = true;
    const auto plan = rt::plan_process(mine, kImage, "h");
    EXPECT_THAT(plan->environment, ElementsAre("HOSTNAME=h", "TERM=xterm", "L=2", "N=3"));
}

TEST(ProcessPlan, NoCommandAnywhereIsRefused) {
    for (const char* image :
         {"{}", R"({"config": null})", R"({"config": {"Cmd": null}})", R"({"config":{"Cmd":[""]}})"}) {
        const auto plan = rt::plan_process(spec(), image, "h");
        ASSERT_FALSE(plan) << image;
        EXPECT_EQ(plan.error().code, rt::Code::invalid_argument) << image;
    }
}

TEST(ProcessPlan, AnImageConfigOfTheWrongShapeIsCorruptAndNoCrash) {
    for (const char* image :
         {"", "[]", R"({"config": 3})", R"({"config": {"Cmd": "sh"}})", R"({"config": {"Env": [1]}})",
          R"({"config": {"Cmd": [{}]}})", R"({"config": {"Cmd": ["x"], "User": 7}})"}) {
        const auto plan = rt::plan_process(spec(), image, "h");
        ASSERT_FALSE(plan) << image;
        EXPECT_EQ(plan.error().code, rt::Code::corrupt) << image << ": " << plan.error().message;
    }
}

} // namespace
