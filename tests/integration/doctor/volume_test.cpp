// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <sys/mount.h>

namespace {

namespace fs = std::filesystem;
using rt::test::kGhost;
using DoctorVolumes = rt::test::Doctor;

TEST_F(DoctorVolumes, FindsOneThatWasKilledWhileItWasRemoved) {
    ASSERT_EQ(rtctl_({"volume", "create", "data"}).exit_code, 0);
    sql("UPDATE volumes SET removing = 1");
    expect_found_and_repaired("volume.half-removed", "'data'");
    EXPECT_FALSE(fs::exists(rtctl_.root() / "volumes" / "data"));
}

TEST_F(DoctorVolumes, FindsAUseByAContainerThatIsGone) {
    ASSERT_EQ(rtctl_({"volume", "create", "data"}).exit_code, 0);
    sql("INSERT INTO volume_uses VALUES ('" + kGhost + "', 'data', 0, 0)");
    ASSERT_NE(rtctl_({"volume", "rm", "data"}).exit_code, 0);
    expect_found_and_repaired("volume.use", "'data'");
    EXPECT_EQ(rtctl_({"volume", "rm", "data"}).exit_code, 0);
}

TEST_F(DoctorVolumes, FindsAMountForNobody) {
    ASSERT_EQ(rtctl_({"volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "data"}).exit_code,
              0);
    const fs::path data = rtctl_.root() / "volumes" / "data" / "_data";
    fs::create_directories(data);
    ASSERT_EQ(::mount("tmpfs", data.c_str(), "tmpfs", 0, nullptr), 0);
    expect_found_and_repaired("volume.mount", data);
    EXPECT_EQ(rtctl_({"volume", "rm", "data"}).exit_code, 0);
}

TEST_F(DoctorVolumes, LeavesAMountOfOneThatRuns) {
    ASSERT_EQ(rtctl_({"volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "data"}).exit_code,
              0);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "-v", "data:/d", "busybox", "sleep", "1000"}).exit_code,
              0);
    ASSERT_EQ(rtctl_({"exec", "one", "touch", "/d/kept"}).exit_code, 0);
    EXPECT_TRUE(look({"--repair"}).findings.empty());
    EXPECT_TRUE(fs::exists(rtctl_.root() / "volumes/data/_data/kept"));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"volume", "rm", "data"}).exit_code, 0);
}

// It may be what somebody wants: nothing of it is touched.
TEST_F(DoctorVolumes, SaysThatADirectoryIsNoVolume) {
    const fs::path stray = rtctl_.root() / "volumes" / "stray";
    fs::create_directories(stray / "_data");
    rt::test::write_file(stray / "_data" / "letter", "dear\n");
    expect_found_and_left("volume.directory", "stray",
                          [&] { EXPECT_EQ(rtctl_({"volume", "create", "stray"}).exit_code, 0); });
    EXPECT_EQ(rt::test::read_file(stray / "_data" / "letter"), "dear\n");
    EXPECT_EQ(rtctl_({"volume", "rm", "stray"}).exit_code, 0);
}

} // namespace
