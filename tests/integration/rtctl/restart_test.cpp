// SPDX-License-Identifier: Apache-2.0
// Restart policies, with no daemon there to see to them.
#include "core/shim/client.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/syscall.h>

#include <fstream>
#include <future>
#include <optional>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

class Restart : public WithBusybox {
protected:
    json inspect(const std::string& name) { return json::parse(rtctl_({"inspect", name}).out)[0]; }
    std::string status(const std::string& name) { return inspect(name)["State"]["Status"]; }
    int count_lines(const std::string& name) {
        const std::string text = rtctl_({"logs", name}).out;
        return static_cast<int>(std::ranges::count(text, '\n'));
    }
};

TEST_F(Restart, AlwaysStartsItAgainAndAgainUntilItIsStopped) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "--restart", "always", "-p", "18101:1", "--name", "one", "busybox", "echo", "x"})
            .exit_code,
        0);
    EXPECT_TRUE(eventually([&] { return count_lines("one") >= 4; })) << rtctl_({"ps", "-a"}).out;
    EXPECT_TRUE(eventually([&] { return status("one") == "restarting"; }));
    EXPECT_THAT(rtctl_({"ps", "-a"}).out, HasSubstr("Restarting (0)"));
    EXPECT_NE(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0);
    EXPECT_EQ(status("one"), "exited");
    const int lines = count_lines("one");
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18101:1", "busybox", "true"}).exit_code,
              0); // nothing of it holds the port
    EXPECT_EQ(count_lines("one"), lines);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

// In a loop of failures one wants to look into it, and to end it.
TEST_F(Restart, WhileItWaitsItsFilesAreThereAndAKillEndsIt) {
    ASSERT_EQ(rtctl_({"run", "-d", "--restart", "always", "--name", "one", "busybox", "sh", "-c",
                      "echo x; echo x >> /f; exit 3"})
                  .exit_code,
              0);
    EXPECT_TRUE(eventually([&] { return count_lines("one") >= 5 && status("one") == "restarting"; }));
    EXPECT_EQ(rtctl_({"diff", "one"}).out, "A /f\n");
    EXPECT_EQ(rtctl_({"commit", "one", "made:1"}).exit_code, 0);
    const auto killed = rtctl_({"kill", "one"});
    EXPECT_EQ(killed.exit_code, 0) << killed.err;
    EXPECT_EQ(status("one"), "exited");
    EXPECT_EQ(rtctl_({"rmi", "made:1"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Restart, OnFailureStopsAtSuccessAndAtItsCount) {
    ASSERT_EQ(rtctl_({"run", "-d", "--restart", "on-failure:2", "--name", "one", "busybox", "sh", "-c",
                      "echo x; exit 3"})
                  .exit_code,
              0);
    EXPECT_EQ(rtctl_({"wait", "one"}).out, "3\n"); // restarting counts as running
    EXPECT_EQ(count_lines("one"), 3);
    ASSERT_EQ(rtctl_({"run", "-d", "--restart", "on-failure", "--name", "two", "busybox", "sh", "-c",
                      "echo x >> /f; test $(wc -l < /f) = 3"})
                  .exit_code,
              0);
    EXPECT_EQ(rtctl_({"wait", "two"}).out, "0\n");
    EXPECT_EQ(rtctl_({"rm", "one", "two"}).exit_code, 0);
}

TEST_F(Restart, ItIsRemovedByForceWhileItRests) {
    ASSERT_EQ(rtctl_({"run", "-d", "--restart", "always", "--name", "one", "busybox", "true"}).exit_code, 0);
    ASSERT_TRUE(eventually([&] { return status("one") == "restarting"; }));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

// Its end alone does not say that it rests: that its policy says.
TEST_F(Restart, ItIsNotRemovedWithoutForceInTheMomentBetweenItsEndAndItsCleanUp) {
    const auto started =
        rtctl_({"run", "-d", "--restart", "always", "--name", "one", "busybox", "sleep", "1000"});
    ASSERT_EQ(started.exit_code, 0) << started.err;
    const std::filesystem::path directory =
        rtctl_.run() / "containers" / started.out.substr(0, started.out.size() - 1);
    std::optional<rt::ShimClient> reaper;
    ASSERT_TRUE(eventually([&] { // who launched it gives its lease up a moment later
        auto shim = rt::ShimClient::connect(directory);
        if (!shim || !shim->take_lease()) return false;
        reaper = std::move(*shim);
        return true;
    }));
    ASSERT_EQ(::kill(inspect("one")["State"]["Pid"].get<pid_t>(), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] {
        const auto exit = rt::read_exit_record(directory);
        return exit && exit->has_value();
    }));
    auto removed = std::async(std::launch::async, [&] { return rtctl_({"rm", "one"}); });
    EXPECT_TRUE(eventually([] { return rt::test::a_child_is_in(SYS_poll); }));
    reaper.reset(); // its shim sees to it now
    const auto outcome = removed.get();
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("or remove it with -f")); // it rests, or runs again by then
    EXPECT_TRUE(eventually([&] { return status("one") == "running"; }));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Restart, ARunInTheForegroundEndsWithTheFirstEndAndThePolicyGoesOn) {
    ASSERT_EQ(
        rtctl_({"run", "--restart", "always", "--name", "one", "busybox", "sh", "-c", "echo x; sleep 0.1"})
            .exit_code,
        0); // the first end, as docker has it
    EXPECT_TRUE(eventually([&] { return count_lines("one") >= 3; }));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Restart, AUsersStartAfterAStopBringsThePolicyBack) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "--restart", "unless-stopped", "--name", "one", "busybox", "sleep", "1000"})
            .exit_code,
        0);
    EXPECT_EQ(rtctl_({"stop", "-t", "0", "one"}).exit_code, 0);
    EXPECT_EQ(status("one"), "exited");
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    const pid_t first = inspect("one")["State"]["Pid"];
    ASSERT_EQ(::kill(first, SIGKILL), 0);
    EXPECT_TRUE(eventually([&] {
        const json state = inspect("one")["State"];
        return state["Status"] == "running" && state["Pid"] != first;
    }));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

} // namespace
