// SPDX-License-Identifier: Apache-2.0
// Who cleans up: the lease, the reaper command, and peers that do not keep to the protocol.
#include "core/base/clock.hpp"
#include "core/shim/protocol.hpp"
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"
#include "support/patience.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rt::test {
namespace {

class ShimLeaseTest : public ShimTest {
protected:
    void set_reaper(const std::string& script) const {
        write_file(launch_.reaper_command.front(), "#!/bin/sh\n" + script);
    }
};

TEST_F(ShimLeaseTest, RunsTheReaperWithTheContainersIdWhenTheLauncherDiesEarly) {
    {
        ShimClient client = launch();
        ASSERT_TRUE(client.create(operation_, shell("sleep 1000")));
    }
    ASSERT_TRUE(eventually([&] { return reaper_runs() > 0; }));
    EXPECT_TRUE(read_file(reaper_file()).starts_with(launch_.container_id + "\n"));
    ShimClient next = connect();
    ASSERT_TRUE(next.take_lease());
    const auto destroyed = next.destroy(operation_);
    ASSERT_TRUE(destroyed) << destroyed.error().message;
    ASSERT_TRUE(next.reaped());
    EXPECT_TRUE(eventually([&] { return !shim_is_alive(directory()); }));
}

TEST_F(ShimLeaseTest, RunsTheReaperWhenTheLauncherDiesRightAfterLaunch) {
    {
        const ShimClient client = launch();
    }
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
}

TEST_F(ShimLeaseTest, EndsWhenNothingWasCreatedAndTheReaperWasContent) {
    set_reaper(cat("echo \"$1\" >>'", reaper_file().native(), "'\n"));
    {
        const ShimClient client = launch();
    }
    ASSERT_TRUE(eventually([&] { return reaper_runs() == 1; }));
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(directory() / shim::kPidName); }));
    EXPECT_EQ(reaper_runs(), 1U);
}

TEST_F(ShimLeaseTest, LetsTheContainerRunOnAndReapsItAtItsEnd) {
    ShimContainer container = shell("read line; exit 8");
    container.open_stdin = true;
    {
        const ShimClient client = run(container);
    }
    ShimClient other = connect();
    ASSERT_TRUE(other.attach(true));
    ASSERT_TRUE(other.signal(operation_, 0, SignalScope::first_process)) << "it runs";
    EXPECT_EQ(reaper_runs(), 0U);
    ASSERT_TRUE(other.write("go\n"));
    EXPECT_EQ(collect(other).exit.exit_code, 8);
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
}

TEST_F(ShimLeaseTest, ReapsADetachedContainerAtItsEnd) {
    ShimClient client = run(shell("sleep 1000"));
    ASSERT_TRUE(client.give_up_lease());
    const auto twice = client.give_up_lease();
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, Code::failed_precondition);
    EXPECT_EQ(reaper_runs(), 0U);
    ASSERT_TRUE(client.signal(operation_, SIGKILL, SignalScope::all_processes));
    EXPECT_TRUE(collect(client).exited);
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
}

TEST_F(ShimLeaseTest, RunsTheReaperAgainWithBackOff) {
    ShimClient client = run(shell("exit 0"));
    ASSERT_TRUE(collect(client).exited);
    const std::int64_t before = monotonic_ns();
    ASSERT_TRUE(client.give_up_lease());
    ASSERT_TRUE(eventually([&] { return reaper_runs() == 4; }));
    EXPECT_GE(monotonic_ns() - before, 700'000'000) << "100, 200 and 400 ms lie between four runs";
    EXPECT_TRUE(std::filesystem::exists(directory() / shim::kLogName)) << "it says that the command failed";
}

TEST_F(ShimLeaseTest, TriesAgainWhenTheReaperCannotBeRun) {
    std::filesystem::rename(launch_.reaper_command.front(), temp_ / "elsewhere");
    {
        const ShimClient client = launch();
    }
    ASSERT_TRUE(eventually([&] { return std::filesystem::exists(directory() / shim::kLogName); }));
    std::filesystem::rename(temp_ / "elsewhere", launch_.reaper_command.front());
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
}

TEST_F(ShimLeaseTest, EndsWhenItsDirectoryIsGone) {
    ShimClient client = run(shell("exit 0"));
    ASSERT_TRUE(collect(client).exited);
    std::filesystem::rename(directory(), temp_ / "gone");
    EXPECT_TRUE(shim_is_alive(temp_ / "gone"));
    ASSERT_TRUE(client.give_up_lease());
    EXPECT_TRUE(eventually([&] { return !shim_is_alive(temp_ / "gone"); }));
    EXPECT_EQ(reaper_runs(), 0U);
}

TEST_F(ShimLeaseTest, HasOneHolderAtATime) {
    ShimClient client = run(shell("exit 0"));
    ShimClient other = connect();
    const auto taken = other.take_lease();
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Code::unavailable);
    const auto reaped = other.reaped();
    ASSERT_FALSE(reaped);
    EXPECT_EQ(reaped.error().code, Code::failed_precondition);
    ASSERT_TRUE(collect(client).exited);
    ASSERT_TRUE(client.give_up_lease());
    ASSERT_TRUE(other.take_lease());
    EXPECT_TRUE(other.take_lease()) << "it is ours already";
    EXPECT_TRUE(other.reaped());
}

TEST_F(ShimLeaseTest, RunsTheReaperWhenItsHolderDiesAtWork) {
    ShimClient client = run(shell("sleep 1000"));
    ASSERT_TRUE(client.give_up_lease());
    {
        ShimClient other = connect();
        ASSERT_TRUE(other.take_lease());
        ASSERT_TRUE(other.destroy(operation_));
        EXPECT_EQ(reaper_runs(), 0U);
    }
    EXPECT_TRUE(eventually([&] { return reaper_runs() > 0; }));
}

TEST_F(ShimLeaseTest, SurvivesTheDeathOfAForegroundLauncherByKill) {
    const pid_t launcher = ::fork();
    ASSERT_GE(launcher, 0);
    if (launcher == 0) {
        const ShimClient client = run(shell("sleep 1000"));
        ::pause();
        ::_exit(0);
    }
    ASSERT_TRUE(eventually([&] { return shim_is_alive(directory()); }));
    ASSERT_TRUE(eventually([&] {
        auto client = ShimClient::connect(directory());
        return client && client->signal(operation_, 0, SignalScope::first_process);
    }));
    ::kill(launcher, SIGKILL);
    ::waitpid(launcher, nullptr, 0);
    ShimClient client = connect();
    ASSERT_TRUE(client.take_lease());
    ASSERT_TRUE(client.destroy(operation_));
    EXPECT_TRUE(client.reaped());
}

TEST_F(ShimLeaseTest, WaitsForOrphansOfItsContainer) {
    // The middle process goes; its child is then the shim's, and must not stay as a zombie.
    ShimClient client = run(shell("(sleep 0.05 & echo $!) ; sleep 1000"));
    std::string text;
    while (text.find('\n') == std::string::npos) text += client.next()->data;
    const Path process = cat("/proc/", std::stoi(text));
    EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(process); }));
}

// A peer that speaks for itself.
class ShimPeerTest : public ShimTest {
protected:
    void expect_hang_up(const std::string& bytes) {
        auto fd = shim::connect_socket(directory());
        ASSERT_TRUE(fd) << fd.error().message;
        ASSERT_EQ(::send(fd->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
        ASSERT_TRUE(is_readable(fd->get(), std::chrono::seconds(10)));
        char buffer[4096];
        const ssize_t count = ::recv(fd->get(), buffer, sizeof buffer, 0);
        EXPECT_TRUE(count == 0 || (count < 0 && errno == ECONNRESET)) << count;
    }
};

TEST_F(ShimPeerTest, HangsUpOnWhoBreaksTheProtocolAndLivesOn) {
    using shim::frame;
    using shim::FrameType;
    ShimClient client = run(shell("sleep 1000"));
    std::string huge = frame(FrameType::start, 1);
    huge.replace(0, 4, "\xff\xff\xff\x7f");
    const std::vector<std::string> peers = {
        std::string(64, 'x'),
        std::string(64, '\0'),
        huge,
        frame(static_cast<FrameType>(77), 1),
        frame(FrameType::launch, 1, shim::encode(shim::LaunchMessage{"id", "/", {}, {"/bin/true"}, false})),
        frame(FrameType::create, 1, "short"),
        frame(FrameType::attach, 1, "\x02"),
        frame(FrameType::attach, 1),
        frame(FrameType::stdin_data, 0, "who did not attach"),
        frame(FrameType::output, 0, "\x01 ours to say"),
        frame(FrameType::exited, 0),
    };
    for (std::size_t i = 0; i < peers.size(); ++i) {
        SCOPED_TRACE(i);
        expect_hang_up(peers[i]);
    }
    EXPECT_TRUE(client.signal(operation_, 0, SignalScope::first_process));
}

TEST_F(ShimPeerTest, HangsUpOnWhoSendsMoreStdinThanItsWindow) {
    ShimContainer container = shell("sleep 1000");
    container.open_stdin = true;
    ShimClient client = run(container);
    auto fd = shim::connect_socket(directory());
    ASSERT_TRUE(fd);
    const std::string hello = shim::frame(shim::FrameType::attach, 1, shim::encode_flag(true));
    ASSERT_TRUE(write_all(fd->get(), hello, "shim"));
    const std::string data = shim::frame(shim::FrameType::stdin_data, 0, std::string(shim::kDataLimit, 'x'));
    ssize_t sent = 1;
    for (int i = 0; i < 100 && sent > 0; ++i)
        sent = ::send(fd->get(), data.data(), data.size(), MSG_NOSIGNAL);
    EXPECT_LT(sent, 0) << "it was hung up on";
    EXPECT_TRUE(client.signal(operation_, 0, SignalScope::first_process));
}

TEST_F(ShimPeerTest, TakesFramesInPieces) {
    ShimClient client = run(shell("exit 2"));
    auto fd = shim::connect_socket(directory());
    ASSERT_TRUE(fd);
    const std::string text = shim::frame(shim::FrameType::watch_exit, 5);
    for (const char c : text) ASSERT_EQ(::send(fd->get(), &c, 1, MSG_NOSIGNAL), 1);
    char answer[shim::kHeaderSize];
    ASSERT_EQ(::recv(fd->get(), answer, sizeof answer, MSG_WAITALL), static_cast<ssize_t>(sizeof answer));
    const auto header = shim::parse_header({answer, sizeof answer});
    ASSERT_TRUE(header);
    EXPECT_EQ(header->type, shim::FrameType::ok);
    EXPECT_EQ(header->request, 5U);
}

} // namespace
} // namespace rt::test
