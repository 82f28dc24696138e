// SPDX-License-Identifier: Apache-2.0
#include "core/state/events.hpp"

#include "core/base/clock.hpp"
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

TEST_F(Events, OnlyTheNewestAreKeptAfterAPruning) {
    const auto add_many = [&](int count) {
        ASSERT_TRUE(database_.transaction([&]() -> rt::Result<void> {
            for (int i = 0; i < count; ++i)
                if (auto added =
                        log_.add({.time = i + 1, .type = "container", .action = "x", .actor_id = "1"});
                    !added)
                    return added;
            return {};
        }));
    };
    add_many(10'100);
    ASSERT_TRUE(log_.prune());
    EXPECT_EQ(actions(0).size(), 10'100U); // not yet worth it
    add_many(900);
    ASSERT_TRUE(log_.prune());
    EXPECT_EQ(actions(0).size(), 10'000U);
    EXPECT_EQ(actions(11'000 - 1).size(), 1U); // the newest is there
}

class Follower : public Events {
protected:
    rt::EventFollower open(rt::EventFollower::Span span) {
        auto follower = rt::EventFollower::open(log_, dir_ / "root", span);
        EXPECT_TRUE(follower);
        return std::move(*follower);
    }
    static std::vector<std::string> next(rt::EventFollower& follower) {
        std::vector<std::string> found;
        auto events = follower.read();
        EXPECT_TRUE(events);
        for (const rt::Event& event : *events) found.push_back(event.action);
        return found;
    }
    using Words = std::vector<std::string>;
};

TEST_F(Follower, WithoutASpanGivesWhatComesFromNowOn) {
    add("old", 1);
    auto follower = open({});
    EXPECT_EQ(next(follower), Words{});
    add("new", 2);
    EXPECT_EQ(next(follower), Words{"new"});
    EXPECT_EQ(next(follower), Words{});
    EXPECT_FALSE(follower.over());
}

TEST_F(Follower, GivesThePastAndThenWhatComesEachOnce) {
    for (int i = 1; i <= 4; ++i) add("e" + std::to_string(i), i);
    auto follower = open({.since = 3});
    add("e5", 5);
    EXPECT_EQ(next(follower), (Words{"e3", "e4", "e5"}));
    add("late", 1); // the clock was set back
    EXPECT_EQ(next(follower), Words{"late"});
    EXPECT_EQ(next(follower), Words{});
}

TEST_F(Follower, IsOverAfterAnUntilThatHasPassed) {
    for (int i = 1; i <= 4; ++i) add("e" + std::to_string(i), i);
    auto follower = open({.since = 0, .until = 3});
    EXPECT_EQ(next(follower), (Words{"e1", "e2", "e3"}));
    EXPECT_TRUE(follower.over());
}

TEST_F(Follower, WaitsForAnUntilThatIsToCome) {
    const std::int64_t soon = rt::now_ns() + 50'000'000;
    auto follower = open({.until = soon});
    EXPECT_EQ(next(follower), Words{});
    EXPECT_FALSE(follower.over());
    while (!follower.over()) {
        EXPECT_GE(follower.wait_limit(), 0);
        pollfd polled{follower.fd(), POLLIN, 0};
        ::poll(&polled, 1, follower.wait_limit());
        next(follower);
    }
    EXPECT_GE(rt::now_ns(), soon);
}

TEST_F(Follower, CountsWhatWasRemovedBeforeItCouldRead) {
    add("one", 1);
    auto follower = open({});
    for (int i = 0; i < 5; ++i) add("gone", 2);
    ASSERT_TRUE(database_.run("DELETE FROM events WHERE action = 'gone'"));
    add("two", 3);
    EXPECT_EQ(next(follower), Words{"two"});
    EXPECT_EQ(follower.lost(), 5);
}

TEST_F(Follower, LooksAFewMoreTimesAfterAChangeAndThenRests) {
    auto follower = open({});
    add("one", 1);
    next(follower);
    int looks = 0;
    for (; follower.wait_limit() >= 0 && looks < 10; ++looks) next(follower);
    EXPECT_GT(looks, 1);
    EXPECT_EQ(follower.wait_limit(), -1);
    add("two", 2);
    EXPECT_EQ(next(follower), Words{"two"});
    EXPECT_GE(follower.wait_limit(), 0);
}

} // namespace
