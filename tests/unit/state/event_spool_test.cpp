// SPDX-License-Identifier: Apache-2.0
#include "core/state/event_spool.hpp"

#include "core/base/lock_file.hpp"
#include "core/state/events.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <vector>

namespace {

using Words = std::vector<std::string>;

class EventSpool : public testing::Test {
protected:
    void spool(const std::string& action) {
        const auto spooled =
            rt::spool_event(root_, rt::cat(R"({"time":7,"type":"container","action":")", action,
                                           R"(","actor_id":"1","attributes":{"a":"b"}})"));
        ASSERT_TRUE(spooled && *spooled);
    }
    static rt::Result<void> add(rt::Database& database, const std::string& action) {
        return rt::EventLog(database).add({.type = "container", .action = action, .actor_id = "1"});
    }
    Words actions() {
        Words found;
        EXPECT_TRUE(rt::EventLog(database_).read(
            0, 0, 0, [&](const rt::Event& event) { found.push_back(event.action); }));
        return found;
    }
    // As who is killed leaves it.
    void append(std::string_view text) const {
        const auto file = rt::open_file(root_ / "events.spool", O_WRONLY | O_APPEND);
        ASSERT_TRUE(file);
        ASSERT_TRUE(rt::write_all(file->get(), text, "spool"));
    }

    rt::test::TempDir dir_;
    rt::Path root_ = dir_ / "root";
    rt::Database database_ = *rt::Database::open(root_);
};

TEST_F(EventSpool, ItsEventsAreReadOnceAndThenItIsGone) {
    spool("one");
    spool("two");
    EXPECT_EQ(actions(), (Words{"one", "two"}));
    EXPECT_FALSE(rt::has_spooled_events(root_));
    spool("three");
    EXPECT_EQ(actions(), (Words{"one", "two", "three"}));
}

TEST_F(EventSpool, AnEventKeepsItsTimeAndAttributes) {
    spool("one");
    ASSERT_TRUE(rt::EventLog(database_).read(0, 0, 0, [](const rt::Event& event) {
        EXPECT_EQ(event.time, 7);
        EXPECT_EQ(event.attributes, R"({"a":"b"})");
    }));
    EXPECT_EQ(*rt::EventLog(database_).last_id(), 1);
}

TEST_F(EventSpool, ItsEventsComeBeforeThoseThatAreAddedLater) {
    spool("one");
    ASSERT_TRUE(database_.transaction([&] { return add(database_, "two"); }));
    spool("three");
    ASSERT_TRUE(database_.transaction([&]() -> rt::Result<void> {
        auto added = add(database_, "four");
        return added ? add(database_, "five") : added;
    }));
    EXPECT_EQ(actions(), (Words{"one", "two", "three", "four", "five"}));
}

TEST_F(EventSpool, AChangeThatIsTakenBackLeavesThemToTheNext) {
    spool("one");
    EXPECT_FALSE(database_.transaction([&]() -> rt::Result<void> {
        EXPECT_TRUE(add(database_, "no"));
        EXPECT_TRUE(add(database_, "no"));
        return rt::fail(rt::Code::internal, "no");
    }));
    EXPECT_EQ(actions(), Words{"one"});
}

// add() alone leaves the file, as a reader that is killed after its commit does.
TEST_F(EventSpool, WhatWasTakenIsNotTakenAgainWhereTheFileStayed) {
    spool("one");
    ASSERT_TRUE(database_.transaction([&] { return add(database_, "two"); }));
    ASSERT_TRUE(rt::has_spooled_events(root_));
    rt::Database other = *rt::Database::open(root_);
    ASSERT_TRUE(other.transaction([&] { return add(other, "three"); }));
    spool("four");
    EXPECT_EQ(actions(), (Words{"one", "two", "three", "four"}));
}

TEST_F(EventSpool, APartOfAnEventSpoilsNoOther) {
    spool("one");
    append("\n{\"time\":7,\"ty");
    spool("two");
    append("\n{\"time\"");
    EXPECT_EQ(actions(), (Words{"one", "two"}));
}

TEST_F(EventSpool, AFullOneTakesNoMoreUntilItIsRead) {
    const std::string event = rt::cat(R"({"time":7,"type":"t","action":")", std::string(1000, 'x'),
                                      R"(","actor_id":"1","attributes":{}})");
    std::size_t count = 0;
    for (auto room = rt::spool_event(root_, event); room && *room; room = rt::spool_event(root_, event))
        ASSERT_LT(++count, 1000U);
    EXPECT_GT(count, 100U);
    EXPECT_EQ(actions().size(), count);
    EXPECT_TRUE(*rt::spool_event(root_, event));
}

// Each try would be a change that whoever follows the events hears of, and tries again.
TEST_F(EventSpool, ThatCannotBeTakenInIsToldOfOnceAndNotTriedAgainAtOnce) {
    int problems = 0;
    rt::EventLog log(database_, [&](const rt::Error&) { ++problems; });
    ASSERT_TRUE(database_.run("PRAGMA max_page_count = 1")); // as few as there are: the disk is full
    const std::string event = rt::cat(R"({"time":7,"type":"t","action":")", std::string(10'000, 'x'),
                                      R"(","actor_id":"1","attributes":{}})");
    ASSERT_TRUE(rt::spool_event(root_, event));
    const auto size = [&] { return std::filesystem::file_size(root_ / "rt.db-wal"); };
    log.collect();
    EXPECT_EQ(problems, 1);
    const auto before = size();
    for (int i = 0; i < 3; ++i) log.collect();
    EXPECT_EQ(problems, 1);
    EXPECT_EQ(size(), before);
    EXPECT_TRUE(rt::has_spooled_events(root_));
    ASSERT_TRUE(database_.run("PRAGMA max_page_count = 100000"));
    EXPECT_EQ(actions().size(), 1U); // by another, who has not met the problem
}

// Whatever it is, nothing else fails for it.
TEST_F(EventSpool, ABrokenOneIsSetAsideAndSaidSo) {
    std::vector<std::string> problems;
    rt::EventLog log(database_, [&](const rt::Error& problem) { problems.push_back(problem.message); });
    const rt::Path path = root_ / "events.spool";
    const std::vector<std::function<void()>> breaks = {
        [&] { ASSERT_TRUE(rt::replace_file(path, std::string("\x00\xff no id\n{}", 11))); },
        [&] { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); },
        [&] { ASSERT_EQ(::symlink("/dev/zero", path.c_str()), 0); },
        [&] {
            std::filesystem::remove(root_ / "events.spool.broken");
            ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
        },
    };
    for (const auto& break_it : breaks) {
        problems.clear();
        break_it();
        if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path))) {
            EXPECT_FALSE(rt::spool_event(root_, "{}"));
        }
        EXPECT_TRUE(database_.transaction([&] { return add(database_, "one"); }));
        EXPECT_TRUE(log.last_id());
        ASSERT_EQ(problems.size(), 1U);
        EXPECT_NE(problems[0].find("events.spool.broken'"), std::string::npos) << problems[0];
        EXPECT_FALSE(rt::has_spooled_events(root_));
        EXPECT_NE(std::filesystem::symlink_status(root_ / "events.spool.broken").type(),
                  std::filesystem::file_type::not_found);
    }
    EXPECT_EQ(actions(), (Words{"one", "one", "one", "one"}));
}

TEST_F(EventSpool, AFollowerIsWokenByIt) {
    rt::EventLog log(database_);
    auto follower = rt::EventFollower::open(log, root_, {});
    ASSERT_TRUE(follower);
    while (follower->wait_limit() >= 0) ASSERT_TRUE(follower->read()); // until it looks only when told
    spool("one");
    pollfd woken{follower->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&woken, 1, 10'000), 1);
    const auto events = follower->read();
    ASSERT_TRUE(events);
    ASSERT_EQ(events->size(), 1U);
    EXPECT_EQ(events->front().action, "one");
}

TEST_F(EventSpool, WhoeverIsAtItIsNotWaitedFor) {
    spool("one");
    const auto held = rt::LockFile::acquire(root_ / "events.spool");
    ASSERT_TRUE(held);
    const auto spooled = rt::spool_event(root_, "{}");
    ASSERT_TRUE(spooled);
    EXPECT_FALSE(*spooled);
}

} // namespace
