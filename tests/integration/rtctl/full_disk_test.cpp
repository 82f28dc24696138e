// SPDX-License-Identifier: Apache-2.0
// The disk below the engine's root has no byte left: what fills it can be stopped and removed.
#include "with_busybox.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

namespace {

using rt::test::eventually;

class FullDisk : public WithBusybox {
protected:
    void SetUp() override {
        std::filesystem::create_directories(rtctl_.root());
        ASSERT_EQ(::mount("tmpfs", rtctl_.root().c_str(), "tmpfs", 0, "size=24m,mode=700"), 0);
        WithBusybox::SetUp();
    }
    void TearDown() override {
        std::filesystem::remove(filler());
        WithBusybox::TearDown();
        (void)rtctl_({"system", "shutdown", "--timeout", "1"});
        EXPECT_EQ(::umount2(rtctl_.root().c_str(), MNT_DETACH), 0);
    }

    [[nodiscard]] std::filesystem::path filler() const { return rtctl_.root() / "filler"; }
    [[nodiscard]] unsigned long free_blocks() const {
        struct statvfs status{};
        EXPECT_EQ(::statvfs(rtctl_.root().c_str(), &status), 0);
        return status.f_bfree;
    }
    void fill() const {
        const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const std::string block(4096, 'x');
        while (::write(file, block.data(), block.size()) > 0) {
        }
        ::close(file);
        ASSERT_EQ(free_blocks(), 0U);
    }
};

TEST_F(FullDisk, WhatRunsCanBeKilledStoppedAndRemoved) {
    for (const char* name : {"one", "two", "three"})
        ASSERT_EQ(rtctl_({"run", "-d", "--name", name, "busybox", "sleep", "1000"}).exit_code, 0);
    fill();
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"kill", "one"}, {"stop", "-t", "0", "two"}, {"rm", "one", "two"}, {"rm", "-f", "three"}}) {
        const auto outcome = rtctl_(words);
        EXPECT_EQ(outcome.exit_code, 0) << words.front() << ": " << outcome.err;
    }
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

TEST_F(FullDisk, WhatFillsItIsRemovedAndAllIsWellAgain) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c",
                      "while :; do dd if=/dev/zero of=/big bs=64k; sleep 0.05; done"})
                  .exit_code,
              0);
    ASSERT_TRUE(eventually([&] { return free_blocks() == 0; }));
    const auto removed = rtctl_({"rm", "-f", "one"});
    EXPECT_EQ(removed.exit_code, 0) << removed.err;
    EXPECT_GT(free_blocks(), 0U);
    EXPECT_EQ(sh("echo well").out, "well\n");
}

} // namespace
