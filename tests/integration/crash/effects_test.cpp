// SPDX-License-Identifier: Apache-2.0
#include "effects.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <array>

namespace {

using rt::test::Call;
using rt::test::WritesInARow;

class Writes : public testing::Test {
protected:
    bool continues(long number, const std::string& file = {}) {
        constexpr std::array<std::uint64_t, 6> kArguments{};
        return writes_.continues(Call{number, kArguments.data()}, file);
    }
    WritesInARow writes_;
};

TEST_F(Writes, InARowToOneFileCountTwice) {
    EXPECT_FALSE(continues(SYS_write, "/log"));
    EXPECT_FALSE(continues(SYS_write, "/log"));
    EXPECT_TRUE(continues(SYS_write, "/log"));
    EXPECT_FALSE(continues(SYS_read)); // is not passed on either
    EXPECT_TRUE(continues(SYS_pwrite64, "/log"));
}

TEST_F(Writes, ToAnotherFileBeginARow) {
    for (int round = 0; round < 3; ++round) EXPECT_EQ(continues(SYS_write, "/a"), round == 2);
    EXPECT_FALSE(continues(SYS_write, "/b"));
    EXPECT_FALSE(continues(SYS_write, "/a"));
}

TEST_F(Writes, AfterAnyOtherCallBeginARow) {
    for (const long between : {SYS_close, SYS_openat, SYS_fcntl, SYS_fdatasync, SYS_sendmsg, SYS_dup2}) {
        for (int round = 0; round < 3; ++round) EXPECT_EQ(continues(SYS_write, "/a"), round == 2);
        EXPECT_FALSE(continues(between));
    }
}

TEST_F(Writes, OfMessagesCountEach) {
    for (int round = 0; round < 5; ++round) EXPECT_FALSE(continues(SYS_write, "pipe:[17]"));
}

} // namespace
