// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.hpp"

#include "core/base/lock_file.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

namespace {

using rt::test::TempDir;

TEST(ReadFile, ReturnsTheWholeFileAndRefusesMoreThanTheLimit) {
    const TempDir dir;
    rt::test::write_file(dir / "f", std::string(100'000, 'x'));
    EXPECT_EQ(rt::read_file(dir / "f")->size(), 100'000U);
    EXPECT_EQ(rt::read_file(dir / "f", 99'999).error().code, rt::Code::resource_exhausted);
    EXPECT_EQ(rt::read_file(dir / "none").error().code, rt::Code::not_found);
}

TEST(ReplaceFile, LeavesTheOldContentWhenItFails) {
    const TempDir dir;
    ASSERT_TRUE(rt::replace_file(dir / "f", "one"));
    ASSERT_TRUE(rt::replace_file(dir / "f", "two"));
    EXPECT_EQ(rt::test::read_file(dir / "f"), "two");
    EXPECT_FALSE(rt::replace_file(dir / "no" / rt::Path("f"), "x"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(MakeDirectories, MakesParentsWithTheModeAndIsRepeatable) {
    const TempDir dir;
    ASSERT_TRUE(rt::make_directories(dir / "a/b/c"));
    ASSERT_TRUE(rt::make_directories(dir / "a/b/c"));
    struct stat status{};
    ASSERT_EQ(::stat((dir / "a/b").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
    rt::test::write_file(dir / "file", "");
    EXPECT_FALSE(rt::make_directories(dir / "file"));
    EXPECT_FALSE(rt::make_directories(dir / "file/x"));
}

TEST(LockFile, IsHeldByOneAtATime) {
    const TempDir dir;
    auto first = rt::LockFile::acquire(dir / "lock");
    ASSERT_TRUE(first);
    auto second = rt::LockFile::try_acquire(dir / "lock");
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->has_value());

    std::atomic<bool> got_it = false;
    std::thread waiter([&] { got_it = rt::LockFile::acquire(dir / "lock").has_value(); });
    {
        const auto released = std::move(*first);
    }
    waiter.join();
    EXPECT_TRUE(got_it);
}

TEST(LockFile, IsNotWaitedForAnyLongerWhenTheCheckFails) {
    const TempDir dir;
    const auto holder = rt::LockFile::acquire(dir / "lock");
    ASSERT_TRUE(holder);
    int asked = 0;
    const auto given_up =
        rt::LockFile::acquire(dir / "lock", {[&]() -> rt::Result<void> {
                                                 if (++asked < 3) return {};
                                                 return rt::fail(rt::Code::cancelled, "no more");
                                             },
                                             {}});
    ASSERT_FALSE(given_up);
    EXPECT_EQ(given_up.error().code, rt::Code::cancelled);
    EXPECT_EQ(asked, 3);
}

TEST(LockFile, IsTakenWhenItsHolderLetsGoDuringAPatientWait) {
    const TempDir dir;
    std::optional<rt::LockFile> holder = std::move(*rt::LockFile::acquire(dir / "lock"));
    int asked = 0;
    const auto check = [&]() -> rt::Result<void> {
        if (++asked == 3) holder.reset();
        return {};
    };
    EXPECT_TRUE(rt::LockFile::acquire(dir / "lock", {check, {}}));
    EXPECT_EQ(asked, 3);
}

TEST(LockFile, TellsOnceThatTheWaitIsLong) {
    const TempDir dir;
    std::optional<rt::LockFile> holder = std::move(*rt::LockFile::acquire(dir / "lock"));
    int told = 0;
    const auto check = [&]() -> rt::Result<void> {
        if (told != 0) holder.reset();
        return {};
    };
    EXPECT_TRUE(rt::LockFile::acquire(dir / "lock", {check, [&] { ++told; }}));
    EXPECT_EQ(told, 1);
}

TEST(LockFile, LocksTheNewFileWhenTheOldOneWasRemovedByItsHolder) {
    const TempDir dir;
    auto first = rt::LockFile::acquire(dir / "lock");
    ASSERT_TRUE(first);
    std::filesystem::remove(dir / "lock");
    const auto second = rt::LockFile::try_acquire(dir / "lock");
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->has_value());
}

} // namespace
