// SPDX-License-Identifier: Apache-2.0
#include "core/state/events.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <vector>

namespace {

class Events : public testing::Test {
protected:
    std::vector<std::string> actions(std::int64_t after, std::int64_t since = 0, std::int64_t until = 0) {
        std::vector<std::string> found;
        EXPECT_TRUE(
            log_.read(after, since, until, [&](const rt::Event& event) { found.push_back(event.action); }));
        return found;
    }
    void add(const std::string& action, std::int64_t time) {
        ASSERT_TRUE(database_.transaction([&] {
            return log_.add({.time = time, .type = "container", .action = action, .actor_id = "1"});
        }));
    }
    static bool readable(int fd, int milliseconds) {
        pollfd polled{fd, POLLIN, 0};
        return ::poll(&polled, 1, milliseconds) == 1;
    }

    rt::test::TempDir dir_;
    rt::Database database_ = *rt::Database::open(dir_ / "root");
    rt::EventLog log_{database_};
};

TEST_F(Events, ComeInTheOrderInWhichTheyWereAddedAndByTime) {
    EXPECT_EQ(*log_.last_id(), 0);
    for (int i = 1; i <= 4; ++i) add("e" + std::to_string(i), i);
    EXPECT_EQ(actions(0), (std::vector<std::string>{"e1", "e2", "e3", "e4"}));
    EXPECT_EQ(actions(2), (std::vector<std::string>{"e3", "e4"}));
    EXPECT_EQ(actions(0, 2, 3), (std::vector<std::string>{"e2", "e3"}));
    EXPECT_EQ(*log_.last_id(), 4);
}

TEST_F(Events, OfAChangeThatWasTakenBackAreNone) {
    EXPECT_FALSE(database_.transaction([&]() -> rt::Result<void> {
        EXPECT_TRUE(log_.add({.type = "container", .action = "start", .actor_id = "1"}));
        return rt::fail(rt::Code::internal, "no");
    }));
    EXPECT_TRUE(actions(0).empty());
}

TEST_F(Events, OfAnotherProcessWakeAFollower) {
    auto watch = rt::EventWatch::open(dir_ / "root");
    ASSERT_TRUE(watch);
    watch->drain();
    EXPECT_FALSE(readable(watch->fd(), 0));
    auto other = *rt::Database::open(dir_ / "root");
    ASSERT_TRUE(other.transaction(
        [&] { return rt::EventLog(other).add({.type = "container", .action = "die", .actor_id = "1"}); }));
    EXPECT_TRUE(readable(watch->fd(), 5000));
    EXPECT_EQ(actions(0), std::vector<std::string>{"die"});
}

TEST_F(Events, OnlyTheNewestAreKept) {
    ASSERT_TRUE(database_.transaction([&]() -> rt::Result<void> {
        for (int i = 0; i < 10'600; ++i)
            if (auto added = log_.add({.time = i + 1, .type = "container", .action = "x", .actor_id = "1"});
                !added)
                return added;
        return {};
    }));
    EXPECT_LT(actions(0).size(), 10'400U);
    EXPECT_GE(actions(0).size(), 10'000U);
}

} // namespace
