// SPDX-License-Identifier: Apache-2.0
#include "core/container/process_table.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace rt::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kDay = 86'400'000'000'000; // ns

// A procfs as far as it is read: ticks are 1/100 s, the host has been up for 1000 s.
class Procfs : public testing::Test {
protected:
    Procfs() { write_file(directory_ / "uptime", "1000.00 2000.00\n"); }
    void add(int pid, const std::string& stat, const std::string& uid, const std::string& arguments) {
        const auto directory = directory_ / std::to_string(pid);
        std::filesystem::create_directories(directory);
        write_file(directory / "stat", std::to_string(pid) + " " + stat);
        write_file(directory / "status", "Name:\tx\nUid:\t1\t" + uid + "\t1\t1\n");
        write_file(directory / "cmdline", arguments);
    }
    std::vector<std::vector<std::string>> read(const std::vector<int>& pids, std::int64_t now = 40 * kDay) {
        const auto table = full_format(directory_.path(), pids, now);
        EXPECT_TRUE(table);
        return table ? table->processes : std::vector<std::vector<std::string>>();
    }
    TempDir directory_;
};

std::string stat(const std::string& name, int terminal, int user, int own, int start) {
    return "(" + name + ") S 7 1 1 " + std::to_string(terminal) + " 0 0 0 0 0 0 " + std::to_string(user) +
           " " + std::to_string(own) + " 0 0 20 0 1 0 " + std::to_string(start) + " 0 0 0\n";
}

TEST_F(Procfs, ALineIsWhatPsShows) {
    add(42, stat("sh", 34817, 30000, 20000, 10000), "0", std::string("sh\0-c\0a b\0", 10));
    const auto lines = read({42});
    ASSERT_EQ(lines.size(), 1U);
    const auto& line = lines.front();
    ASSERT_EQ(line.size(), 8U);
    EXPECT_EQ(line[0], "root");
    EXPECT_EQ(line[1], "42");
    EXPECT_EQ(line[2], "7");
    EXPECT_EQ(line[3], "55") << "500 s of 900";
    EXPECT_EQ(line[5], "pts/1");
    EXPECT_EQ(line[6], "00:08:20");
    EXPECT_EQ(line[7], "sh -c a b");
}

TEST_F(Procfs, NamesMayHoldBracketsAndUsersMayBeUnknown) {
    add(5, stat("a) S 1 (b", 0, 9000000, 0, 99990), "4000000", "");
    const auto lines = read({5});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines.front(),
                ElementsAre("4000000", "5", "7", "99", testing::_, "?", "1-01:00:00", "[a) S 1 (b]"));
}

TEST_F(Procfs, WhoHasEndedOrCannotBeReadIsLeftOut) {
    std::filesystem::create_directories(directory_ / "6");
    write_file(directory_ / "6" / "stat", "6 (cut short");
    write_file(directory_ / "6" / "status", "");
    EXPECT_THAT(read({6, 7}), IsEmpty());
}

TEST_F(Procfs, TheStartIsATimeADayOrAYear) {
    add(1, stat("x", 0, 0, 0, 0), "0", "x");
    const std::int64_t noon = 200 * kDay + kDay / 2;
    EXPECT_THAT(read({1}, noon).front()[4], testing::MatchesRegex("[0-9][0-9]:[0-9][0-9]"));
    write_file(directory_ / "uptime", "400000.00 1\n");
    EXPECT_THAT(read({1}, noon).front()[4], testing::MatchesRegex("[A-Z][a-z][a-z][0-9][0-9]"));
    write_file(directory_ / "uptime", "40000000.00 1\n");
    EXPECT_EQ(read({1}, noon).front()[4], "1969");
}

TEST(PsOutput, LinesAreFoundByTheirPid) {
    const auto table = pick_processes("USER  PID COMMAND\nroot 1 init\nme   22  sleep  9\nme 3 x\n", {22, 3});
    ASSERT_TRUE(table);
    EXPECT_THAT(table->titles, ElementsAre("USER", "PID", "COMMAND"));
    EXPECT_THAT(table->processes,
                ElementsAre(ElementsAre("me", "22", "sleep 9"), ElementsAre("me", "3", "x")));
}

TEST(PsOutput, ThreadsGoWithTheirProcess) {
    const auto table = pick_processes("PID TID CMD\n1 - a\n- 1 -\n2 - b\n- 2 -\n- 4 -\n", {2});
    ASSERT_TRUE(table);
    EXPECT_EQ(table->processes.size(), 3U);
}

TEST(PsOutput, WithoutPidsIsRefused) {
    EXPECT_EQ(pick_processes("CMD\nsh\n", {1}).error().code, Code::failed_precondition);
    EXPECT_EQ(pick_processes("", {1}).error().code, Code::failed_precondition);
    EXPECT_EQ(pick_processes("PID CMD\n\n77\nx y\n", {77})->processes.size(), 1U);
}

} // namespace
} // namespace rt::test
