// SPDX-License-Identifier: Apache-2.0
#include "core/state/database.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace {

using rt::Database;
using rt::test::TempDir;

constexpr const char* kInsert =
    "INSERT INTO networks (id, name, driver, host_namespace, publishes_ports, options, result, created_at) "
    "VALUES (?1, ?1, '', 0, 0, '{}', '', ?2)";

std::int64_t count(Database& database) {
    std::int64_t rows = -1;
    EXPECT_TRUE(database.run("SELECT count(*) FROM networks", {},
                             [&](const rt::SqlRow& row) { rows = row.number(0); }));
    return rows;
}

TEST(Database, KeepsWhatWasWrittenAndRollsBackWhatFailed) {
    const TempDir dir;
    auto database = Database::open(dir / "root");
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->transaction([&] { return database->run(kInsert, {"a", std::int64_t{1}}); }));
    const auto failed = database->transaction([&]() -> rt::Result<void> {
        EXPECT_TRUE(database->run(kInsert, {"b", std::int64_t{1}}));
        return rt::fail(rt::Code::cancelled, "changed my mind");
    });
    EXPECT_EQ(failed.error().code, rt::Code::cancelled);
    EXPECT_EQ(count(*database), 1);
    auto again = Database::open(dir / "root");
    ASSERT_TRUE(again);
    EXPECT_EQ(count(*again), 1);
}

TEST(Database, WhatIsThrownInATransactionEndsIt) {
    const TempDir dir;
    auto database = Database::open(dir / "root");
    ASSERT_TRUE(database->run(kInsert, {"a", std::int64_t{1}}));
    const auto throws = [&]() -> rt::Result<void> {
        (void)database->run("SELECT 1 FROM networks", {},
                            [](const rt::SqlRow&) { throw std::runtime_error("x"); });
        return {};
    };
    EXPECT_THROW((void)database->transaction(throws), std::runtime_error);
    EXPECT_THROW((void)database->snapshot(throws), std::runtime_error);
    EXPECT_TRUE(database->transaction([&] { return database->run(kInsert, {"b", std::int64_t{1}}); }));
    EXPECT_EQ(count(*database), 2);
}

TEST(Database, OneTransactionInAnotherFailsAndLeavesTheOuterOneWhole) {
    const TempDir dir;
    auto database = Database::open(dir / "root");
    EXPECT_TRUE(database->transaction([&] {
        EXPECT_TRUE(database->run(kInsert, {"a", std::int64_t{1}}));
        EXPECT_FALSE(database->transaction([] { return rt::Result<void>(); }));
        return database->run(kInsert, {"b", std::int64_t{1}});
    }));
    EXPECT_EQ(count(*database), 2);
}

TEST(Database, ReportsATakenKeyAsAlreadyExists) {
    const TempDir dir;
    auto database = Database::open(dir / "root");
    ASSERT_TRUE(database->run(kInsert, {"a", std::int64_t{1}}));
    EXPECT_EQ(database->run(kInsert, {"a", std::int64_t{1}}).error().code, rt::Code::already_exists);
}

TEST(Database, RefusesAFormatFromTheFuture) {
    const TempDir dir;
    {
        auto database = Database::open(dir / "root");
        ASSERT_TRUE(database->run("PRAGMA user_version=999"));
    }
    EXPECT_EQ(Database::open(dir / "root").error().code, rt::Code::unsupported);
}

TEST(Database, RefusesAFileThatIsNone) {
    const TempDir dir;
    std::filesystem::create_directory(dir / "root");
    rt::test::write_file(dir / "root/rt.db", std::string(8192, 'x'));
    EXPECT_EQ(Database::open(dir / "root").error().code, rt::Code::corrupt);
}

TEST(Database, TakesWritersFromSeveralProcessesAtOnce) {
    const TempDir dir;
    constexpr int kProcesses = 4;
    constexpr int kRows = 50;
    for (int process = 0; process < kProcesses; ++process) {
        if (::fork() != 0) continue;
        auto database = Database::open(dir / "root");
        bool ok = database.has_value();
        for (int row = 0; ok && row < kRows; ++row)
            ok = database
                     ->transaction([&] {
                         return database->run(kInsert, {rt::cat(process, "-", row), std::int64_t{row}});
                     })
                     .has_value();
        ::_exit(ok ? 0 : 1);
    }
    for (int process = 0; process < kProcesses; ++process) {
        int status = 0;
        ::wait(&status);
        EXPECT_EQ(status, 0);
    }
    auto database = Database::open(dir / "root");
    EXPECT_EQ(count(*database), kProcesses * kRows);
}

TEST(Database, SurvivesAWriterThatIsKilled) {
    const TempDir dir;
    {
        ASSERT_TRUE(Database::open(dir / "root"));
    }
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        auto database = Database::open(dir / "root");
        (void)database->transaction([&]() -> rt::Result<void> {
            (void)database->run(kInsert, {"half", std::int64_t{1}});
            (void)!::write(ready[1], "x", 1);
            ::pause();
            return {};
        });
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto database = Database::open(dir / "root");
    EXPECT_EQ(count(*database), 0);
    EXPECT_TRUE(database->run(kInsert, {"whole", std::int64_t{1}}));
}

} // namespace
