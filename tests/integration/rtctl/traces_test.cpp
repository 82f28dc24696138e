// SPDX-License-Identifier: Apache-2.0
// The leak check itself: a leak that it does not look for is none to it.
#include "support/rtctl.hpp"

#include <gmock/gmock.h>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

TEST(Traces, OfCgroupsAreFoundWhereThereIsOneHierarchy) {
    const TempDir mounts;
    fs::create_directories(mounts / "parent/container");
    fs::create_directories(mounts / "system.slice/x.service");
    EXPECT_THAT(cgroup_directories(mounts.path(), "parent"), ElementsAre(mounts / "parent"));
}

TEST(Traces, OfCgroupsAreFoundOnceInEachOfSeveralHierarchies) {
    const TempDir mounts;
    for (const char* name : {"cpu,cpuacct/parent", "unified/parent", "pids/other"})
        fs::create_directories(mounts / name);
    fs::create_directory_symlink("cpu,cpuacct", mounts / "cpu");
    EXPECT_THAT(cgroup_directories(mounts.path(), "parent"),
                UnorderedElementsAre(mounts / "cpu,cpuacct/parent", mounts / "unified/parent"));
}

} // namespace
} // namespace rt::test
