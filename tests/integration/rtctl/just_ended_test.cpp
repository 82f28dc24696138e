// SPDX-License-Identifier: Apache-2.0
// A container that has ended, while who has to clean up after it has not come to that yet: it is at rest for
// whoever acts on it.
#include "with_busybox.hpp"

#include <csignal>
#include <filesystem>
#include <future>
#include <sys/wait.h>
#include <utility>

namespace {

using rt::test::eventually;
using rt::test::Outcome;
using rt::test::patience;
using testing::HasSubstr;

class JustEnded : public WithBusybox {
protected:
    // "one", whose client has its lease and stands still.
    void SetUp() override {
        ASSERT_NO_FATAL_FAILURE(WithBusybox::SetUp());
        client_ = rtctl_.start({"run", "--name", "one", "busybox", "sh", "-c",
                                "trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"});
        ASSERT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out == "ready\n"; }));
        ASSERT_EQ(::kill(client_, SIGSTOP), 0);
        ASSERT_EQ(rtctl_({"kill", "one"}).exit_code, 0);
        ASSERT_THAT(rtctl_({"ps", "-a"}).out, HasSubstr("Exited (137)"));
    }
    void TearDown() override {
        const ::pid_t client = std::exchange(client_, -1);
        if (client > 0) ::kill(client, SIGCONT);
        EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
        if (client > 0) ::waitpid(client, nullptr, 0);
        WithBusybox::TearDown();
    }

    void go_on() {
        const ::pid_t client = std::exchange(client_, -1);
        EXPECT_EQ(::kill(client, SIGCONT), 0);
        EXPECT_EQ(::waitpid(client, nullptr, 0), client);
    }
    std::future<Outcome> begin(std::vector<std::string> arguments) {
        return std::async(std::launch::async, [this, words = std::move(arguments)] { return rtctl_(words); });
    }
    static bool waits(const std::future<Outcome>& outcome) {
        return outcome.wait_for(patience(std::chrono::milliseconds(200))) == std::future_status::timeout;
    }
    bool runs() { return !rtctl_({"ps", "-q", "--filter", "name=one"}).out.empty(); }

private:
    ::pid_t client_ = -1;
};

TEST_F(JustEnded, IsStartedAgain) {
    auto started = begin({"start", "one"});
    EXPECT_TRUE(waits(started));
    EXPECT_FALSE(runs());
    go_on();
    EXPECT_EQ(started.get().exit_code, 0);
    EXPECT_TRUE(runs());
}

TEST_F(JustEnded, IsChangedAsOneAtRest) {
    ASSERT_EQ(rtctl_({"network", "create", "more"}).exit_code, 0);
    std::vector<std::future<Outcome>> all;
    all.push_back(begin({"update", "--memory", "64m", "one"}));
    all.push_back(begin({"network", "connect", "more", "one"}));
    all.push_back(begin({"commit", "one", "made:1"}));
    EXPECT_TRUE(waits(all[0]));
    EXPECT_TRUE(waits(all[1]));
    go_on();
    const Outcome updated = all[0].get(), connected = all[1].get(), committed = all[2].get();
    EXPECT_EQ(updated.exit_code, 0) << updated.err;
    EXPECT_EQ(committed.exit_code, 0) << committed.err;
    EXPECT_EQ(connected.exit_code, 0) << connected.err;
    const std::string shown = rtctl_({"inspect", "one"}).out;
    EXPECT_THAT(shown, HasSubstr(std::to_string(64 << 20)));
    EXPECT_THAT(shown, HasSubstr("\"more\""));
    EXPECT_EQ(rtctl_({"rmi", "made:1"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "disconnect", "more", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "rm", "more"}).exit_code, 0);
}

TEST_F(JustEnded, ItsNextEndIsNotTheOneThatWas) {
    auto ended = begin({"wait", "--condition", "next-exit", "one"});
    EXPECT_TRUE(waits(ended));
    go_on();
    EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return rtctl_({"logs", "one"}).out == "ready\nready\n"; }));
    EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0);
    EXPECT_EQ(ended.get().out, "5\n");
}

// What it ended with is said by events, though the look at it removes it.
TEST_F(WithBusybox, WhoWaitsForOneThatGoesByThatHearsHowItEnded) {
    ASSERT_EQ(rtctl_({"run", "-d", "--rm", "--name", "one", "busybox", "sleep", "1000"}).exit_code, 0);
    const auto containers = rtctl_.run() / "containers";
    const auto id = std::filesystem::directory_iterator(containers)->path().filename();
    const std::string file = rt::test::read_file(containers / id / "shim.pid");
    ASSERT_EQ(::kill(std::stoi(file.substr(4)), SIGKILL), 0); // "pid 12"
    EXPECT_EQ(rtctl_({"wait", "one"}).out, "255\n");
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "");
}

} // namespace
