// SPDX-License-Identifier: Apache-2.0
#include "core/base/lock_file.hpp"
#include "core/state/database.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

class Life : public WithBusybox {
protected:
    std::string status(const std::string& name) {
        const auto outcome = rtctl_({"inspect", name});
        return outcome.exit_code == 0 ? json::parse(outcome.out)[0]["State"]["Status"].get<std::string>()
                                      : "gone";
    }
    int endpoints() { // places in networks on record
        std::int64_t count = -1;
        rt::Database database = *rt::Database::open(rtctl_.root());
        EXPECT_TRUE(database.run("SELECT count(*) FROM endpoints", {},
                                 [&](const rt::SqlRow& row) { count = row.number(0); }));
        return static_cast<int>(count);
    }
};

// The end of an overlay waits until all of the file system below it is on the disk, unless it is told not to.
TEST_F(Life, WhatGoesWithItsContainerIsNotSynced) {
    const auto options_of_root = [&](std::vector<std::string> words) {
        words.insert(words.end(), {"busybox", "grep", " / ", "/proc/mounts"});
        return rtctl_(words).out;
    };
    EXPECT_THAT(options_of_root({"run", "--rm"}), HasSubstr("volatile"));
    EXPECT_THAT(options_of_root({"run", "--name", "stays"}), testing::Not(HasSubstr("volatile")));
    EXPECT_EQ(rtctl_({"rm", "stays"}).exit_code, 0);
    // All the same it is mounted again: for a copy, and at a restart.
    ASSERT_EQ(rtctl_({"create", "--rm", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    for (int time = 0; time < 2; ++time)
        ASSERT_EQ(rtctl_({"cp", rtctl_.directory() / "config.json", "one:/file"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    const auto again = rtctl_({"restart", "-t", "0", "one"});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(rtctl_({"exec", "one", "test", "-s", "/file"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Life, RestartsAtOnceOfOneThatGoesWithItsEndKeepIt) {
    ASSERT_EQ(rtctl_({"run", "-d", "--rm", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const std::string id = json::parse(rtctl_({"inspect", "one"}).out)[0]["Id"];
    std::vector<std::future<rt::test::Outcome>> restarts;
    for (int number = 0; number < 6; ++number)
        restarts.push_back(
            std::async(std::launch::async, [&] { return rtctl_({"restart", "-t", "0", "one"}); }));
    for (auto& one : restarts) {
        const auto outcome = one.get();
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["Id"], id);
    EXPECT_EQ(status("one"), "running");
    EXPECT_EQ(rtctl_({"stop", "-t", "0", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return status("one") == "gone"; }));
}

// A reaper that comes late may find the next run behind the socket of the one that it was started for.
TEST_F(Life, AReaperTakesNothingThatRuns) {
    const auto started = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"});
    ASSERT_EQ(started.exit_code, 0) << started.err;
    const std::string id = started.out.substr(0, started.out.find('\n'));
    EXPECT_EQ(rtctl_({"reap", id}).exit_code, 0);
    EXPECT_EQ(status("one"), "running");
    EXPECT_EQ(rtctl_({"exec", "one", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

// Killed at any moment, the restart leaves it running or gone, as soon as somebody looks.
TEST_F(Life, ARestartThatIsKilledLeavesNothingOfWhatWasToGo) {
    for (int number = 0; number < 16; ++number) {
        ASSERT_EQ(rtctl_({"run", "-d", "--rm", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
        const pid_t pid = rtctl_.start({"restart", "-t", "0", "one"});
        ::usleep(static_cast<useconds_t>(number) * 1000); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        std::string state;
        EXPECT_TRUE(eventually([&] {
            (void)rtctl_({"ps", "-a"});
            state = status("one");
            return state == "running" || state == "gone";
        })) << number
            << state;
        if (state == "running") {
            EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
        }
    }
}

TEST_F(Life, WhoWaitsForAContainerThatGoesLeavesNoLock) {
    for (const std::vector<std::string>& command : {std::vector<std::string>{"start", "one"},
                                                    {"rename", "one", "two"},
                                                    {"update", "--cpu-shares", "100", "one"}}) {
        ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
        const auto file = rtctl_.run() / "locks" / rtctl_({"ps", "-aq", "--no-trunc"}).out.substr(0, 64);
        std::optional<rt::LockFile> lock = std::move(*rt::LockFile::acquire(file));
        auto waits = std::async([&] { return rtctl_(command); });
        EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
        {
            rt::Database database = *rt::Database::open(rtctl_.root());
            ASSERT_TRUE(database.run("DELETE FROM containers", {}));
            std::filesystem::remove(file);
        }
        lock.reset();
        EXPECT_EQ(waits.get().exit_code, 1) << command[0];
        EXPECT_FALSE(std::filesystem::exists(file)) << command[0];
    }
    for (const char* place : {"active", "work"}) // what the rows stood for
        for (const auto& entry :
             std::filesystem::directory_iterator(rtctl_.root() / "storage/overlayfs" / place))
            if (entry.path().filename().native().starts_with("c-")) std::filesystem::remove_all(entry.path());
}

// Whoever is starting it holds its lock.
TEST_F(Life, StopWaitsForWhoeverIsStartingTheContainer) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const std::string id = rtctl_({"ps", "-aq", "--no-trunc"}).out.substr(0, 64);
    std::filesystem::create_directories(rtctl_.run() / "containers" / id); // what a start makes first
    auto lock = *rt::LockFile::acquire(rtctl_.run() / "locks" / id);
    auto stopped = std::async([&] { return rtctl_({"stop", "-t", "0", "one"}); });
    EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
    {
        const auto done = std::move(lock);
    }
    EXPECT_EQ(stopped.get().exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, StopDoesNotWaitForWhoeverReadsTheFilesOfAContainerAtRest) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    {
        const auto lock = *rt::LockFile::acquire(rtctl_.run() / "locks" /
                                                 rtctl_({"ps", "-aq", "--no-trunc"}).out.substr(0, 64));
        EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0); // it would fail after half a minute
    }
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, ASourceThatIsMissingIsSeenWhenTheContainerIsMade) {
    const auto made = rtctl_({"create", "--mount", "type=bind,source=/no/such,target=/x", "busybox"});
    EXPECT_EQ(made.exit_code, 1);
    EXPECT_THAT(made.err, HasSubstr("bind source path does not exist: /no/such"));
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

TEST_F(Life, AContainerThatIsToGoGoesWhenItDoesNotStart) {
    ASSERT_EQ(
        rtctl_({"create", "--rm", "--name", "one", "-v", "/data", "busybox", "no-such-program"}).exit_code,
        0);
    const auto started = rtctl_({"start", "one"});
    EXPECT_NE(started.exit_code, 0);
    EXPECT_THAT(started.err, HasSubstr("no-such-program"));
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    EXPECT_EQ(rtctl_({"volume", "ls", "-q"}).out, "");
}

TEST_F(Life, ADetachedContainerIsListedStoppedAndRemoved) {
    const auto run = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    EXPECT_EQ(run.out.size(), 65U);
    EXPECT_EQ(rtctl_({"ps", "-q"}).out, run.out.substr(0, 12) + "\n");
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("Up "));
    EXPECT_NE(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"stop", "-t", "0", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "-q"}).out, "");
    EXPECT_THAT(rtctl_({"ps", "-a"}).out, HasSubstr("Exited (137)"));
    EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

TEST_F(Life, AContainerThatEndsByItselfIsCleanedUpWithNobodyThere) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c", "exit 3"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return status("one") == "exited"; }));
    EXPECT_TRUE(eventually([&] {
        return !std::filesystem::exists(rtctl_.run() / "containers") ||
               std::filesystem::is_empty(rtctl_.run() / "containers");
    }));
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["ExitCode"], 3);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, ADetachedContainerWithRmGoesByItself) {
    ASSERT_EQ(rtctl_({"run", "-d", "--rm", "--name", "one", "busybox", "true"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-aq"}).out.empty(); }));
}

TEST_F(Life, StopLetsAProgramEndItself) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c",
                      "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done"})
                  .exit_code,
              0);
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out == "ready\n"; }));
    EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0);
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["ExitCode"], 7);
    EXPECT_EQ(rtctl_({"logs", "one"}).out, "ready\nbye\n");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, KillSendsAnySignal) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c",
                      "trap 'echo usr1' USR1; echo ready; while :; do sleep 0.05; done"})
                  .exit_code,
              0);
    ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out == "ready\n"; }));
    EXPECT_EQ(rtctl_({"kill", "-s", "USR1", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out == "ready\nusr1\n"; }));
    EXPECT_EQ(rtctl_({"kill", "-s", "NOPE", "one"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"kill", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return status("one") == "exited"; }));
    EXPECT_NE(rtctl_({"kill", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, LogsKeepTheStreamsApartAndTheOrder) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "busybox", "sh", "-c",
                      "for i in 1 2 3; do echo $i; done; sleep 0.1; echo e >&2"})
                  .exit_code,
              0);
    const auto all = rtctl_({"logs", "one"});
    EXPECT_EQ(all.out, "1\n2\n3\n");
    EXPECT_EQ(all.err, "e\n");
    std::string command = "exec 2>&1;";
    for (const std::string& word : rtctl_.command({"logs", "one"})) command += " " + word;
    EXPECT_EQ(rt::test::run_program({"sh", "-c", command}).out, "1\n2\n3\ne\n");
    EXPECT_THAT(rtctl_({"logs", "-t", "one"}).out, HasSubstr("Z 1\n"));
    const auto last = rtctl_({"logs", "--tail", "2", "one"});
    EXPECT_EQ(last.out + last.err, "3\ne\n");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, ANameIsUsedOnceAndFreeAgainAfterRemoval) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "busybox", "true"}).exit_code, 0);
    const auto again = rtctl_({"run", "--name", "one", "busybox", "true"});
    EXPECT_EQ(again.exit_code, 125);
    EXPECT_THAT(again.err, HasSubstr("rtctl rm one"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"run", "--rm", "--name", "one", "busybox", "true"}).exit_code, 0);
}

TEST_F(Life, AnImageInUseIsNotRemoved) {
    ASSERT_EQ(rtctl_({"run", "--name", "one", "busybox", "true"}).exit_code, 0);
    const auto rmi = rtctl_({"rmi", "busybox"});
    EXPECT_NE(rmi.exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(sh("true").exit_code, 0);
}

TEST_F(Life, SeveralAtOnceOfTheSameNameAreOneWinner) {
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) ::_exit(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code);
        children.push_back(pid);
    }
    int winners = 0;
    for (const pid_t pid : children) {
        int wait_status = 0;
        ::waitpid(pid, &wait_status, 0);
        winners += WEXITSTATUS(wait_status) == 0 ? 1 : 0;
    }
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Life, TwentyAtOnceAllRunAndAllGo) {
    std::vector<pid_t> children;
    for (int process = 0; process < 4; ++process) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            int failures = 0;
            for (int i = 0; i < 5; ++i) failures += sh("exit 9").exit_code == 9 ? 0 : 1;
            ::_exit(failures);
        }
        children.push_back(pid);
    }
    for (const pid_t pid : children) {
        int wait_status = 0;
        ::waitpid(pid, &wait_status, 0);
        EXPECT_EQ(WEXITSTATUS(wait_status), 0);
    }
}

TEST_F(Life, StopAndRmFromTwoProcessesAtOnceBothEndWell) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const pid_t other = ::fork();
    if (other == 0) ::_exit(rtctl_({"stop", "-t", "0", "one"}).exit_code > 1 ? 1 : 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    int wait_status = 0;
    ::waitpid(other, &wait_status, 0);
    EXPECT_EQ(WEXITSTATUS(wait_status), 0);
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

TEST_F(Life, RmOfAContainerThatIsJustBeingStartedEndsItOrRefuses) {
    for (int round = 0; round < 10; ++round) {
        const pid_t starter = ::fork();
        if (starter == 0)
            ::_exit(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code);
        EXPECT_TRUE(eventually([&] { return rtctl_({"rm", "-f", "one"}).err.empty(); }));
        ::waitpid(starter, nullptr, 0);
        (void)rtctl_({"rm", "-f", "one"}); // the rm before may have been first
        EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    }
}

TEST_F(Life, AContainerThatHasJustEndedCanBeRemovedWithoutForce) {
    for (int round = 0; round < 5; ++round) {
        ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "true"}).exit_code, 0);
        ASSERT_TRUE(eventually([&] { return rtctl_({"ps", "-q"}).out.empty(); }));
        EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    }
}

TEST_F(Life, CreatedContainersStartAndStartAgain) {
    ASSERT_EQ(
        rtctl_({"create", "--name", "one", "busybox", "sh", "-c", "echo x >> /f; wc -l < /f"}).exit_code, 0);
    EXPECT_EQ(status("one"), "created");
    EXPECT_THAT(rtctl_({"ps", "-a"}).out, HasSubstr("Created"));
    EXPECT_EQ(rtctl_({"start", "-a", "one"}).out, "1\n");
    EXPECT_EQ(status("one"), "exited");
    EXPECT_EQ(rtctl_({"start", "-a", "one"}).out, "2\n"); // its files and its log stay
    EXPECT_EQ(rtctl_({"logs", "one"}).out, "1\n2\n");
    EXPECT_EQ(rtctl_({"start", "one"}).out, "one\n");
    EXPECT_EQ(rtctl_({"wait", "one"}).out, "0\n");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_NE(rtctl_({"start", "one"}).exit_code, 0);
}

// As docker: what runs is started already, so only the attaching is left.
TEST_F(WithBusybox, StartAttachesToOneThatRuns) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "-i", "--name", "one", "busybox", "sh", "-c", "read line; echo $line; exit 4"})
            .exit_code,
        0);
    const auto attached = rtctl_({"start", "-ai", "one"}, "told\n");
    EXPECT_EQ(attached.out, "told\n") << attached.err;
    EXPECT_EQ(attached.exit_code, 4);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Life, ACreatedContainerGoesWithoutHavingRun) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"wait", "one"}).out, "0\n"); // it does not run
    EXPECT_NE(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, AStartThatFailsLeavesTheContainerWithTheReason) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "-p", "18095:1", "busybox", "no-such-program"}).exit_code,
              0);
    EXPECT_EQ(rtctl_({"start", "-a", "one"}).exit_code, 127);
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 1);
    const json state = json::parse(rtctl_({"inspect", "one"}).out)[0]["State"];
    EXPECT_EQ(state["Status"], "created");
    EXPECT_EQ(state["ExitCode"], 127);
    EXPECT_THAT(state["Error"].get<std::string>(), HasSubstr("no-such-program"));
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18095:1", "busybox", "true"}).exit_code, 0); // the port is free
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, StartingOneThatRunsIsNoFailureAndStartsNothing) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const auto pid = json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Pid"];
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Pid"], pid);
    EXPECT_EQ(rtctl_({"restart", "-t", "0", "one"}).out, "one\n");
    EXPECT_EQ(status("one"), "running");
    EXPECT_NE(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Pid"], pid);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Life, WaitAnswersTheExitCodeOfOneThatEndsLater) {
    EXPECT_EQ(rtctl_.wait_for_end({}, "one", 5).out, "5\n");
    const auto unknown = rtctl_({"wait", "on"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("did you mean one?"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Life, ARenamedContainerHasOnlyItsNewName) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "true"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"create", "--name", "two", "busybox", "true"}).exit_code, 0);
    EXPECT_NE(rtctl_({"rename", "one", "two"}).exit_code, 0);
    EXPECT_NE(rtctl_({"rename", "one", "a/b"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rename", "one", "three"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "three", "two"}).exit_code, 0);
}

TEST_F(Life, APausedContainerStandsStillAndCanBeEnded) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "one", "busybox", "sh", "-c", "while :; do echo x; sleep 0.02; done"})
            .exit_code,
        0);
    ASSERT_TRUE(eventually([&] { return !rtctl_({"logs", "one"}).out.empty(); }));
    EXPECT_EQ(rtctl_({"pause", "one"}).out, "one\n");
    EXPECT_EQ(status("one"), "paused");
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("(Paused)"));
    const std::string before = rtctl_({"logs", "one"}).out;
    ::usleep(100'000);
    EXPECT_EQ(rtctl_({"logs", "one"}).out, before);
    EXPECT_NE(rtctl_({"pause", "one"}).exit_code, 0);
    EXPECT_NE(rtctl_({"exec", "one", "true"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"start", "one"}).err, HasSubstr("it is paused"));
    EXPECT_EQ(status("one"), "paused");
    EXPECT_EQ(rtctl_({"unpause", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out != before; }));
    EXPECT_NE(rtctl_({"unpause", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"pause", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Life, AHealthCheckSaysHowItIs) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "--health-cmd", "test -e /well", "--health-interval",
                      "100ms", "--health-retries", "2", "busybox", "sleep", "1000"})
                  .exit_code,
              0);
    const auto health = [&] {
        return json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Health"]["Status"];
    };
    EXPECT_TRUE(eventually([&] { return health() == "unhealthy"; }));
    EXPECT_EQ(rtctl_({"exec", "one", "touch", "/well"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return health() == "healthy"; }));
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("(healthy)"));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Life, TheLastHealthOfAContainerIsKnownAfterItsEnd) {
    // One check: none is under way when the container is stopped.
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "one", "--health-cmd", "echo well", "--health-start-period", "1h",
                "--health-start-interval", "100ms", "--health-interval", "1h", "busybox", "sleep", "1000"})
            .exit_code,
        0);
    const auto health = [&] { return json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Health"]; };
    EXPECT_TRUE(eventually([&] { return health()["Status"] == "healthy"; }));
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "one"}).exit_code, 0);
    const json last = health();
    EXPECT_EQ(last["Status"], "unhealthy") << "as docker calls what is not checked any more";
    EXPECT_EQ(last["FailingStreak"], 0);
    ASSERT_FALSE(last["Log"].empty());
    EXPECT_EQ(last["Log"].back()["Output"], "well\n");
    EXPECT_THAT(rtctl_({"ps", "-a"}).out, testing::Not(HasSubstr("healthy")));
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return health()["Status"] == "healthy"; }));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

// What its end does to a check that is under way says nothing of how it was.
TEST_F(Life, ACheckThatIsUnderWayWhenItsContainerEndsIsNoFailure) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "--health-cmd", "touch /begun; sleep 1000",
                      "--health-interval", "10ms", "--health-retries", "1", "busybox", "sh", "-c",
                      "rm -f /begun /end; until test -e /end; do sleep 0.01; done"})
                  .exit_code,
              0);
    const std::vector<std::vector<std::string>> ends{
        {"kill", "one"}, {"stop", "-t", "0", "one"}, {"exec", "one", "touch", "/end"}};
    for (const auto& end : ends) {
        ASSERT_EQ(rtctl_({"start", "one"}).exit_code, 0);
        ASSERT_TRUE(
            eventually([&] { return rtctl_({"exec", "one", "test", "-e", "/begun"}).exit_code == 0; }));
        ASSERT_EQ(rtctl_(end).exit_code, 0);
        ASSERT_EQ(rtctl_({"wait", "one"}).exit_code, 0);
        const json health = json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Health"];
        EXPECT_EQ(health["FailingStreak"], 0) << end[0];
        EXPECT_TRUE(health["Log"].empty()) << end[0] << ": " << health.dump();
    }
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"events", "--since", "1h", "--until", "0s", "--filter", "event=health_status"}).out,
                "");
}

TEST_F(Life, ALogIsRotatedReadAsOneAndGoesWithItsContainer) {
    EXPECT_NE(rtctl_({"run", "--rm", "--log-opt", "max-size=big", "busybox", "true"}).exit_code, 0);
    EXPECT_NE(rtctl_({"run", "--rm", "--log-opt", "colour=red", "busybox", "true"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"run", "--name", "one", "--log-opt", "max-size=10k", "--log-opt", "max-file=3",
                      "busybox", "seq", "1000"})
                  .exit_code,
              0);
    const std::string log = rtctl_({"logs", "one"}).out;
    EXPECT_TRUE(log.ends_with("999\n1000\n"));
    EXPECT_LT(log.size(), 3000U); // the oldest are gone
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"run", "--name", "two", "--log-driver", "none", "busybox", "echo", "x"}).out, "x\n");
    EXPECT_THAT(rtctl_({"logs", "two"}).err, HasSubstr("does not support reading"));
    EXPECT_EQ(rtctl_({"rm", "two"}).exit_code, 0);
}

// With -f it is enough that a container is gone; that its driver is not there is no such thing.
TEST_F(Life, RemovingByForceSaysWhenItCouldNot) {
    const auto other = rtctl_.directory() / "other.json";
    json wiring = json::parse(rt::test::read_file(rtctl_.directory() / "config.json"));
    wiring["storage"]["drivers"]["plain"]["plugin"] = "vfs";
    rt::test::write_file(other, wiring.dump());
    const auto with_plain = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {RT_BUILD_DIR "/bin/rtctl", "--config", other.native()});
        return rt::test::run_program(words);
    };
    ASSERT_EQ(with_plain({"create", "--storage", "plain", "--name", "one", "busybox", "true"}).exit_code, 0);
    const auto refused = rtctl_({"rm", "-f", "one"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("plain"));
    EXPECT_EQ(with_plain({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    EXPECT_EQ(with_plain({"rmi", "busybox"}).exit_code, 0);
    ASSERT_TRUE(take_as_clean()); // the image and what was unpacked of it are gone
}

// A plugin's author does that all day.
TEST_F(Life, ARunThatANetworkDriversConfigKeepsFromStartingLeavesNothing) {
    const auto file = rtctl_.directory() / "config.json";
    const std::string before = rt::test::read_file(file);
    json wiring = json::parse(before);
    wiring["network"]["drivers"]["own"] = {{"plugin", "bridge"}};
    rt::test::write_file(file, wiring.dump());
    EXPECT_EQ(rtctl_({"run", "--rm", "--network", "own", "busybox", "true"}).exit_code, 0);
    wiring["network"]["drivers"]["own"]["config"] = {{"no-such-key", 1}};
    rt::test::write_file(file, wiring.dump());
    const auto failed = rtctl_({"run", "--network", "own", "--name", "one", "busybox", "true"});
    EXPECT_EQ(failed.exit_code, 125);
    EXPECT_THAT(failed.err, HasSubstr("no-such-key"));
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    wiring["network"]["drivers"]["own"]["config"] = json::object();
    rt::test::write_file(file, wiring.dump());
    EXPECT_EQ(rtctl_({"run", "--rm", "--network", "own", "--name", "one", "busybox", "true"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"system", "shutdown"}).exit_code, 0); // its network off the host
    rt::test::write_file(file, before);
    ASSERT_TRUE(take_as_clean()); // the row of its network stays
}

// Its shim has the isolation driver; what only the others can do waits for them, and nothing is forgotten.
TEST_F(Life, AContainerWhoseDriversHaveLeftTheWiringFileEndsAndGoes) {
    const auto file = rtctl_.directory() / "config.json";
    const std::string before = rt::test::read_file(file);
    json with = json::parse(before);
    json without = with;
    with["storage"]["drivers"]["plain"]["plugin"] = "vfs";
    with["isolation"]["drivers"]["own"]["plugin"] = "namespaces";
    without["network"] = json::parse(R"({"default": "none", "drivers": {"bridge": null}})");
    rt::test::write_file(file, with.dump());
    for (const char* name : {"stopped", "killed", "removed", "gone"})
        ASSERT_EQ(rtctl_({"run", "-d", "--storage", "plain", "--isolation", "own", "-p", "80", "-v",
                          std::string(name) + ":/data", "--name", name,
                          std::string(name) == "gone" ? "--rm" : "--rm=false", "busybox", "sleep", "1000"})
                      .exit_code,
                  0);
    rt::test::write_file(file, without.dump());
    const auto stopped = rtctl_({"stop", "-t", "0", "stopped"});
    EXPECT_EQ(stopped.exit_code, 0);
    EXPECT_THAT(stopped.err, HasSubstr("its place in network 'bridge' (there is no network driver instance "
                                       "'bridge'"));
    EXPECT_THAT(stopped.err,
                HasSubstr("put the driver back (its plugin, or its line in the wiring file) and repeat"));
    EXPECT_EQ(status("stopped"), "exited");
    EXPECT_EQ(rtctl_({"kill", "killed"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return status("killed") == "exited"; }));
    EXPECT_EQ(rtctl_({"kill", "gone"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return status("gone") == "removing"; }));
    for (int i = 0; i < 2; ++i) { // as often as one likes
        const auto refused = rtctl_({"rm", "-f", "removed"});
        EXPECT_EQ(refused.exit_code, 1);
        EXPECT_THAT(refused.err, HasSubstr("network 'bridge'"));
        EXPECT_THAT(refused.err, HasSubstr("its layer in storage 'plain'"));
    }
    EXPECT_EQ(status("removed"), "removing");
    // The layer cannot be counted now, which is not to say that there is no such container.
    EXPECT_THAT(rtctl_({"inspect", "-s", "stopped"}).err, HasSubstr("no storage driver instance 'plain'"));
    EXPECT_TRUE(std::filesystem::is_empty(rtctl_.run() / "containers")); // as after a reboot
    EXPECT_EQ(endpoints(), 4);
    rt::test::write_file(file, with.dump());
    EXPECT_EQ(rtctl_({"ps", "-a"}).exit_code, 0);
    EXPECT_EQ(endpoints(), 0);
    const auto told = rtctl_({"events", "--since", "10m", "--until", "0s", "--format", "{{.Action}}", "-f",
                              "container=removed", "-f", "event=die"});
    EXPECT_EQ(told.out, "die\n");
    for (const char* name : {"stopped", "killed", "removed"})
        EXPECT_EQ(rtctl_({"rm", "-f", name}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
    for (const char* name : {"stopped", "killed", "removed", "gone"})
        EXPECT_EQ(rtctl_({"volume", "rm", name}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rmi", "busybox"}).exit_code, 0);
    std::set<std::string> left = traces();
    std::erase_if(left, [&](const auto& line) { return before_.contains(line); });
    std::erase_if(left, [](const auto& line) { return line.starts_with("snapshot "); }); // places of "plain"
    EXPECT_TRUE(left.empty()) << *left.begin();
    rt::test::write_file(file, before);
    ASSERT_TRUE(take_as_clean()); // the image and what was unpacked of it are gone
}

} // namespace
