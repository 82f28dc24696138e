// SPDX-License-Identifier: Apache-2.0
#include "core/container/process_plan.hpp"

#include <gmock/gmock.h>

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

const std::string kImage =
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
    for (const std::string image :
         {"{}", R"({"config": null})", R"({"config": {"Cmd": null}})", R"({"config":{"Cmd":[""]}})"}) {
        const auto plan = rt::plan_process(spec(), image, "h");
        ASSERT_FALSE(plan) << image;
        EXPECT_EQ(plan.error().code, rt::Code::invalid_argument) << image;
    }
}

TEST(ProcessPlan, AnImageConfigOfTheWrongShapeIsCorruptAndNoCrash) {
    for (const std::string image :
         {"", "[]", R"({"config": 3})", R"({"config": {"Cmd": "sh"}})", R"({"config": {"Env": [1]}})",
          R"({"config": {"Cmd": [{}]}})", R"({"config": {"Cmd": ["x"], "User": 7}})"}) {
        const auto plan = rt::plan_process(spec(), image, "h");
        ASSERT_FALSE(plan) << image;
        EXPECT_EQ(plan.error().code, rt::Code::corrupt) << image << ": " << plan.error().message;
    }
}

TEST(ProcessPlan, TheImagesHealthCheckLabelsPortsAndVolumesMeetTheUsers) {
    const std::string kRich = R"({"config": {"Cmd": ["a"], "Labels": {"a": "1", "b": "1"},
        "Healthcheck": {"Test": ["CMD", "ok"], "Interval": 5000000000, "Retries": 7},
        "ExposedPorts": {"80": {}, "53/udp": {}, "x": {}}, "Volumes": {"/data/": {}, "/": {}, "rel": {}}}})";
    auto mine = spec();
    mine.labels = {{"b", "2"}};
    mine.exposed_ports = {"80/tcp", "81/tcp"};
    mine.healthcheck = rt::Healthcheck{.timeout = 9, .retries = 1};
    mine.stop_signal = "SIGINT";
    const auto plan = rt::plan_process(mine, kRich, "h");
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->labels, (rt::StringMap{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(plan->healthcheck, (rt::Healthcheck{{"CMD", "ok"}, 5'000'000'000, 9, 0, 0, 1}));
    EXPECT_THAT(plan->exposed_ports, ElementsAre("53/udp", "80/tcp", "81/tcp"));
    EXPECT_THAT(plan->volumes, ElementsAre("/data"));
    EXPECT_EQ(plan->stop_signal, "SIGINT");
    mine.healthcheck = rt::Healthcheck{{"NONE"}};
    EXPECT_THAT(rt::plan_process(mine, kRich, "h")->healthcheck->test, ElementsAre("NONE"));
}

TEST(ProcessPlan, TellsWhereEachVariableIsFrom) {
    auto mine = spec();
    mine.environment = {"L=mine", "NEW=1", "HOSTNAME"};
    rt::Origins origins;
    ASSERT_TRUE(rt::plan_process(mine, kImage, "h", &origins));
    std::vector<std::string> lines;
    for (const rt::Origin& origin : origins.all())
        if (origin.kind == "environment")
            lines.push_back(origin.name + "=" + origin.value + " " + origin.from);
    EXPECT_THAT(lines, ElementsAre("PATH=/x image", "L=mine flag --env", "NEW=1 flag --env"));
}

// Of a hostile image: each was looked for among all before it.
TEST(ProcessPlan, AnImageThatExposesAllPortsTakesNoTime) {
    const std::string image = R"({"config": {"Cmd": ["c"], "ExposedPorts":
        {"1-65535/tcp": {}, "1-65535/udp": {}, "1-65535/sctp": {}, "80": {}}}})";
    const auto plan = rt::plan_process(spec(), image, "h");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->exposed_ports.size(), 3U * 65535U);
}

} // namespace
