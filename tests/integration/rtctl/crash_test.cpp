// SPDX-License-Identifier: Apache-2.0
// kill -9 in the middle: nothing may stay, nothing that was there may be lost.
#include "core/base/lock_file.hpp"
#include "core/shim/run_files.hpp"
#include "core/state/database.hpp"
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <sstream>

namespace {

using nlohmann::json;
using rt::test::eventually;

class Crash : public WithBusybox {
protected:
    std::vector<std::string> all_ids() {
        std::istringstream lines(rtctl_({"ps", "-aq", "--no-trunc"}).out);
        return {std::istream_iterator<std::string>(lines), {}};
    }
    pid_t shim_of(const std::string& id) const {
        std::ifstream file(rtctl_.run() / "containers" / id / "shim.pid");
        std::string key;
        pid_t pid = 0;
        file >> key >> pid;
        return pid;
    }
};

TEST_F(Crash, KillingRunAtAnyMomentLeavesNothing) {
    const auto round = [&](int number, std::vector<std::string> program) {
        std::vector<std::string> words{
            "run", "--rm", "-p", "18090:9", "--name", "victim" + std::to_string(number), "busybox"};
        words.insert(words.end(), program.begin(), program.end());
        const pid_t pid = rtctl_.start(words);
        ::usleep(static_cast<useconds_t>(number) * 400); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        for (const std::string& id : all_ids()) (void)rtctl_({"rm", "-f", id});
    };
    for (int number = 0; number < 60; ++number) round(number, {"true"});
    for (int number = 0; number < 60; ++number) round(number, {"sleep", "1000"});
    EXPECT_TRUE(eventually([&] { return all_ids().empty(); })) << rtctl_({"ps", "-a"}).out;
    EXPECT_TRUE(is_clean()) << difference();
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18090:9", "busybox", "echo", "still works"}).out,
              "still works\n");
}

TEST_F(Crash, KillingStopAndRmAtAnyMomentLosesNothingAndCanBeRepeated) {
    for (int number = 0; number < 30; ++number) {
        const std::string name = "victim" + std::to_string(number);
        ASSERT_EQ(
            rtctl_({"run", "-d", "-p", "18091:9", "--name", name, "busybox", "sleep", "1000"}).exit_code, 0);
        const pid_t pid = rtctl_.start(number % 2 == 0 ? std::vector<std::string>{"rm", "-f", name}
                                                       : std::vector<std::string>{"stop", "-t", "0", name});
        ::usleep(static_cast<useconds_t>(number) * 300); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        EXPECT_EQ(rtctl_({"rm", "-f", name}).exit_code, 0);
    }
}

TEST_F(Crash, AContainerOutlivesTheRtctlThatStartedIt) {
    const pid_t pid = rtctl_.start(
        {"run", "--name", "one", "busybox", "sh", "-c", "until [ -e /go ]; do sleep 0.05; done; exit 4"});
    ASSERT_TRUE(eventually([&] { return !rtctl_({"ps", "-q"}).out.empty(); }));
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    (void)rtctl_({"exec", "one", "touch", "/go"}); // which may end with the container
    EXPECT_TRUE(eventually([&] {
        const auto outcome = rtctl_({"inspect", "one"});
        return outcome.exit_code == 0 && json::parse(outcome.out)[0]["State"]["ExitCode"] == 4;
    }));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Crash, AContainerWhoseShimIsKilledIsEndedAndSaidSo) {
    std::string id = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).out;
    id.pop_back();
    const pid_t shim = shim_of(id);
    ASSERT_GT(shim, 0);
    ::kill(shim, SIGKILL);
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-q"}).out.empty(); }));
    const json state = json::parse(rtctl_({"inspect", "one"}).out)[0]["State"];
    EXPECT_EQ(state["Status"], "exited");
    EXPECT_NE(state["Error"], "");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

// It would end what another has started while it waited for the lock.
TEST_F(Crash, WhoWaitedToCleanUpLeavesTheNextRunAlone) {
    std::string id = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).out;
    id.pop_back();
    const std::filesystem::path directory = rtctl_.run() / "containers" / id;
    auto lock = std::make_optional(rt::LockFile::acquire(rtctl_.run() / "locks" / id));
    ASSERT_TRUE(*lock);
    ::kill(shim_of(id), SIGKILL);
    auto stopped = std::async(std::launch::async, [&] { return rtctl_({"stop", "one"}); });
    EXPECT_TRUE(eventually([] { return rt::test::a_child_is_in(SYS_flock); }));
    EXPECT_TRUE(rt::shim::write_pid_file(directory)); // as the next shim does
    lock.reset();
    EXPECT_EQ(stopped.get().exit_code, 0);
    EXPECT_TRUE(std::filesystem::exists(directory / "config.json"));
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["FinishedAt"], "0001-01-01T00:00:00Z");
    std::filesystem::remove(directory / "shim.pid");
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(Crash, AContainerThatRanWhenItsRemovalWasBegunHasItsEndTold) {
    std::string id =
        rtctl_({"run", "-d", "--name", "one", "-v", "data:/data", "busybox", "sleep", "1000"}).out;
    id.pop_back();
    const pid_t shim = shim_of(id);
    ASSERT_GT(shim, 0);
    // Where a start that is taken back leaves it, should who takes it back be killed.
    ASSERT_TRUE(rt::Database::open(rtctl_.root())->run("UPDATE containers SET phase = 'removing'"));
    ::kill(shim, SIGKILL);
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-aq"}).out.empty(); }));
    const std::string told =
        rtctl_({"events", "--since", "10m", "--until", "0s", "--format", "{{.Action}}", "--filter",
                "event=die", "--filter", "event=unmount", "--filter", "event=destroy"})
            .out;
    EXPECT_TRUE(told.ends_with("destroy\ndie\nunmount\ndestroy\n")) << told; // after those of the first run
    EXPECT_EQ(rtctl_({"volume", "rm", "data"}).exit_code, 0);
}

TEST_F(Crash, ARebootLeavesContainersStopped) {
    std::string id = rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).out;
    id.pop_back();
    // What a reboot does, as far as rt can see: the processes are gone, and so is the run directory.
    const json inspected = json::parse(rtctl_({"inspect", "one"}).out)[0];
    const pid_t shim = shim_of(id);
    ASSERT_GT(shim, 0);
    ::kill(shim, SIGKILL);
    ::kill(inspected["State"]["Pid"].get<pid_t>(), SIGKILL);
    ASSERT_TRUE(eventually([&] { return ::kill(inspected["State"]["Pid"].get<pid_t>(), 0) != 0; }));
    for (const auto& line : traces())
        if (line.starts_with("cgroup ")) std::filesystem::remove(line.substr(7));
    std::filesystem::remove_all(rtctl_.run());
    EXPECT_EQ(rtctl_({"ps", "-q"}).out, "");
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Status"], "exited");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
    EXPECT_EQ(sh("true").exit_code, 0);
}

TEST_F(Crash, AShimThatDiesInTheMiddleOfAStartLeavesNothing) {
    for (int number = 0; number < 20; ++number) {
        const pid_t pid = rtctl_.start({"run", "--rm", "busybox", "true"});
        // As soon as there is a shim, or a little later.
        std::filesystem::path pid_file;
        ASSERT_TRUE(eventually([&] {
            std::error_code problem;
            for (const auto& entry :
                 std::filesystem::directory_iterator(rtctl_.run() / "containers", problem))
                if (std::filesystem::exists(entry.path() / "shim.pid", problem)) pid_file = entry.path();
            return !pid_file.empty() || ::kill(pid, 0) != 0 || ::waitpid(pid, nullptr, WNOHANG) == pid;
        }));
        ::usleep(static_cast<useconds_t>(number) * 150); // the moment is what is being varied
        if (const pid_t shim = shim_of(pid_file.filename()); !pid_file.empty() && shim > 0)
            ::kill(shim, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        EXPECT_TRUE(std::filesystem::is_empty(rtctl_.run() / "containers")) << number;
    }
    EXPECT_TRUE(is_clean()) << difference();
}

// With another run directory every container would seem to have ended.
TEST_F(Crash, AnotherRunDirectoryIsRefusedWhileContainersRun) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const auto other = rtctl_.directory() / "other.json";
    rt::test::write_file(other, "{\"root\": \"" + rtctl_.root().native() + "\", \"run\": \"" +
                                    (rtctl_.directory() / "elsewhere").native() + "\"}\n");
    const auto refused = rt::test::run_program({RT_BUILD_DIR "/bin/rtctl", "--config", other, "ps", "-a"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, testing::HasSubstr(rtctl_.run().native()));
    EXPECT_EQ(json::parse(rtctl_({"inspect", "one"}).out)[0]["State"]["Status"], "running");
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
    EXPECT_EQ(rt::test::run_program({RT_BUILD_DIR "/bin/rtctl", "--config", other, "ps", "-aq"}).out, "");
}

// The wiring file that a container was started with is gone when it ends: its shim cannot get it cleaned up.
TEST_F(Crash, AContainerThatItsShimCannotCleanUpIsCleanedUpByTheNextToLook) {
    const auto config = rtctl_.directory() / "config.json";
    ASSERT_EQ(rtctl_({"run", "-d", "--rm", "busybox", "sleep", "0.2"}).exit_code, 0);
    // The shim only knows the old name; whoever looks with the new one has to do its work.
    const auto away = rtctl_.directory() / "away.json";
    std::filesystem::rename(config, away);
    EXPECT_TRUE(eventually([&] {
        const auto listed = rt::test::run_program({RT_BUILD_DIR "/bin/rtctl", "--config", away, "ps", "-aq"});
        return listed.exit_code == 0 && listed.out.empty();
    }));
    std::filesystem::rename(away, config);
}

// Between the end of a container and its next start there are many steps; the policy holds over a kill at
// any.
TEST_F(Crash, KillingTheCleanUpAtAnyMomentDoesNotEndARestartPolicy) {
    for (int number = 0; number < 16; ++number) {
        const std::string name = "one" + std::to_string(number);
        const pid_t pid =
            rtctl_.start({"run", "--restart", "always", "--name", name, "busybox", "echo", "x"});
        ASSERT_TRUE(eventually([&] { return rtctl_({"logs", name}).out == "x\n" || ::kill(pid, 0) != 0; }));
        ::usleep(static_cast<useconds_t>(number) * 250); // the moment is what is being varied
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        EXPECT_TRUE(eventually([&] { return rtctl_({"logs", name}).out.starts_with("x\nx\nx\n"); }))
            << number << rtctl_({"ps", "-a"}).out;
        const auto removed = rtctl_({"rm", "-f", name});
        EXPECT_EQ(removed.exit_code, 0) << removed.err;
    }
    EXPECT_TRUE(is_clean()) << difference();
}

} // namespace
