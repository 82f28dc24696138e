// SPDX-License-Identifier: Apache-2.0
// Laws on removal: everything of the snapshot goes, nothing else does, whatever a container left in it.
#include "layer_writer.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>

namespace rt::test {
namespace {

namespace fs = std::filesystem;

// The place in the state directory where the driver put a file of this name.
fs::path find_in_state(const DriverUnderTest& driver, const std::string& name) {
    for (const auto& entry : fs::recursive_directory_iterator(driver.state()))
        if (entry.path().filename() == name) return entry.path();
    throw std::runtime_error("no " + name + " in the state directory");
}

void make_immutable(const fs::path& path) {
    const sdk::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    int flags = 0;
    ASSERT_EQ(::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags), 0);
    flags |= FS_IMMUTABLE_FL;
    ASSERT_EQ(::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags), 0);
}

} // namespace

TEST_P(RemovalLaws, RemoveIsRepeatableInEveryState) {
    EXPECT_EQ(driver.remove("none"), RTP_OK);
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    EXPECT_EQ(driver.remove("a"), RTP_OK);
    EXPECT_EQ(driver.remove("a"), RTP_OK);
    ASSERT_EQ(driver.prepare("a"), RTP_OK) << "the id is free again";
    ASSERT_EQ(driver.commit("a"), RTP_OK);
    EXPECT_EQ(driver.remove("a"), RTP_OK);
    EXPECT_EQ(driver.remove("a"), RTP_OK);
    EXPECT_TRUE(driver.list().empty());
}

TEST_P(RemovalLaws, NothingOfARemovedSnapshotIsLeft) {
    ASSERT_EQ(driver.prepare("warm-up"), RTP_OK);
    ASSERT_EQ(driver.remove("warm-up"), RTP_OK);
    const auto before = paths_below(driver.state());
    const Ids base = make_layer(driver, "base", {}, write_one_of_each);
    ASSERT_EQ(driver.prepare("c", base), RTP_OK);
    {
        fs::remove_all(Mounted(driver, "c", base) / "bin");
    }
    for (const char* id : {"c", "base"}) ASSERT_EQ(driver.remove(id), RTP_OK) << driver.error().message;
    EXPECT_EQ(paths_below(driver.state()), before);
}

TEST_P(RemovalLaws, SymbolicLinksAreNotFollowed) {
    fs::create_directory(temp / "outside");
    write_file(temp / "outside/file", "precious");
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    {
        const Mounted mounted(driver, "a");
        fs::create_symlink(temp / "outside", mounted / "link");
        fs::create_symlink(temp / "outside/file", mounted / "file");
    }
    ASSERT_EQ(driver.remove("a"), RTP_OK);
    EXPECT_EQ(read_file(temp / "outside/file"), "precious");
}

TEST_P(RemovalLaws, AnotherFileSystemMountedInsideIsNotEmptied) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    {
        fs::create_directories(Mounted(driver, "a") / "outer/mount-point");
    }
    fs::path inside = find_in_state(driver, "mount-point");
    ASSERT_EQ(::mount("tmpfs", inside.c_str(), "tmpfs", 0, nullptr), 0);
    write_file(inside / "file", "precious");
    EXPECT_EQ(driver.remove("a"), RTP_FAILED_PRECONDITION);
    inside = find_in_state(driver, "mount-point"); // the driver may have moved it
    EXPECT_EQ(read_file(inside / "file"), "precious");
    ASSERT_EQ(::umount2(inside.c_str(), 0), 0);
    EXPECT_EQ(driver.remove("a"), RTP_OK) << driver.error().message;
    EXPECT_FALSE(fs::exists(inside));
}

TEST_P(RemovalLaws, ImmutableFilesGoToo) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    {
        const Mounted mounted(driver, "a");
        fs::create_directories(mounted / "immutable-directory");
        write_file(mounted / "immutable-directory/file", "");
        write_file(mounted / "immutable-file", "");
    }
    make_immutable(find_in_state(driver, "immutable-file"));
    make_immutable(find_in_state(driver, "immutable-directory"));
    EXPECT_EQ(driver.remove("a"), RTP_OK) << driver.error().message;
    const auto left = paths_below(driver.state());
    EXPECT_TRUE(std::ranges::none_of(left, [](const auto& path) { return path.contains("immutable"); }));
}

TEST_P(RemovalLaws, AManyFiledDirectoryGoes) {
    ASSERT_EQ(driver.prepare("a"), RTP_OK);
    {
        const Mounted mounted(driver, "a");
        for (int number = 0; number < 5000; ++number) write_file(mounted / std::to_string(number), "");
    }
    EXPECT_EQ(driver.remove("a"), RTP_OK) << driver.error().message;
    EXPECT_TRUE(driver.list().empty());
}

TEST_P(RemovalLaws, WhatACancelledRemovalLeftTheNextRemovalOfAnythingDeletes) {
    ASSERT_EQ(driver.prepare("warm-up"), RTP_OK);
    ASSERT_EQ(driver.remove("warm-up"), RTP_OK);
    const auto before = paths_below(driver.state());
    make_layer(driver, "a", {}, [](const fs::path& root) { write_file(root / "file", ""); });
    const sdk::UniqueFd cancelled(::eventfd(1, EFD_CLOEXEC));
    EXPECT_EQ(driver.remove("a", rtp_call{"test", 0, cancelled.get(), 0}), RTP_CANCELLED);
    EXPECT_EQ(driver.remove("something-else"), RTP_OK);
    EXPECT_EQ(driver.remove("a"), RTP_OK);
    EXPECT_EQ(paths_below(driver.state()), before);
}

} // namespace rt::test
