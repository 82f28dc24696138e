// SPDX-License-Identifier: Apache-2.0
// A container that has ended, while who has to clean up after it has not come to that yet: it is at rest for
// whoever acts on it.
#include "with_busybox.hpp"

#include <csignal>
#include <future>
#include <sys/wait.h>

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
        go_on();
        EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
        WithBusybox::TearDown();
    }

    void go_on() {
        if (client_ <= 0) return;
        EXPECT_EQ(::kill(client_, SIGCONT), 0);
        EXPECT_EQ(::waitpid(client_, nullptr, 0), client_);
        client_ = -1;
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
    EXPECT_TRUE(waits(all.back()));
    go_on();
    const Outcome updated = all[0].get(), connected = all[1].get(), committed = all[2].get();
    EXPECT_EQ(updated.exit_code, 0) << updated.err;
    EXPECT_EQ(committed.exit_code, 0) << committed.err;
    EXPECT_EQ(connected.exit_code, 0) << connected.err;
    EXPECT_EQ(rtctl_({"rmi", "made:1"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "disconnect", "more", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "rm", "more"}).exit_code, 0);
}

TEST_F(JustEnded, ItsNextEndIsNotTheOneThatWas) {
    auto ended = begin({"wait", "--condition", "next-exit", "one"});
    EXPECT_TRUE(waits(ended));
    go_on();
    ASSERT_TRUE(eventually([&] { // it may have to be started before it is waited for
        EXPECT_EQ(rtctl_({"start", "one"}).exit_code, 0);
        EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0);
        return ended.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }));
    EXPECT_EQ(ended.get().out, "5\n");
}

} // namespace
