// SPDX-License-Identifier: Apache-2.0
#include "core/container/host_facts.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;

class HostFactsTest : public testing::Test {
protected:
    HostFactsTest() {
        for (const char* kind : {"cpu", "node"})
            std::filesystem::create_directories(root_ / "sys/devices/system" / kind);
        rt::test::write_file(root_ / "sys/devices/system/cpu/online", "0-1,4\n");
        rt::test::write_file(root_ / "sys/devices/system/node/online", "0\n");
    }
    std::string problem() {
        const auto facts = rt::look_at_host(spec_, root_.path());
        return facts ? "" : facts.error().message;
    }

    rt::test::TempDir root_;
    rt::ContainerSpec spec_;
};

TEST_F(HostFactsTest, CpusThatTheHostDoesNotHaveAreRefusedInDockersWords) {
    spec_.cpuset_cpus = "0,4";
    spec_.nano_cpus = 3'000'000'000;
    spec_.cpuset_mems = "0";
    EXPECT_EQ(problem(), "");
    spec_.nano_cpus = 3'000'000'001;
    EXPECT_THAT(problem(), HasSubstr("from 0.01 to 3.00, as there are only 3 CPUs available"));
    spec_.cpuset_cpus = "1-2";
    EXPECT_THAT(problem(), HasSubstr("Requested CPUs are not available - requested 1-2, available: 0-1,4"));
    spec_.cpuset_cpus = "";
    spec_.cpuset_mems = "1";
    EXPECT_THAT(problem(), HasSubstr("Requested memory nodes are not available - requested 1, available: 0"));
}

TEST_F(HostFactsTest, AHostThatDoesNotSayWhatItHasIsNotGuessedAbout) {
    std::filesystem::remove_all(root_ / "sys/devices");
    spec_.cpuset_cpus = "7";
    spec_.nano_cpus = 900'000'000'000;
    EXPECT_EQ(problem(), "");
}

} // namespace
