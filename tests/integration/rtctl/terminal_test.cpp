// SPDX-License-Identifier: Apache-2.0
// `rtctl run -t` under a real pty.
#include "with_busybox.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using rt::test::eventually;
using testing::HasSubstr;

// A program on a terminal of its own.
class OnTerminal {
public:
    explicit OnTerminal(const std::vector<std::string>& arguments) {
        winsize size{24, 80, 0, 0};
        pid_ = ::forkpty(&master_, nullptr, nullptr, &size);
        if (pid_ == 0) {
            std::vector<char*> words;
            for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            ::execv(words[0], words.data());
            ::_exit(255);
        }
    }
    OnTerminal(const OnTerminal&) = delete;
    OnTerminal& operator=(const OnTerminal&) = delete;
    ~OnTerminal() {
        if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
        ::close(master_);
    }
    void type(const std::string& text) const {
        ASSERT_EQ(::write(master_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void resize(unsigned short rows, unsigned short columns) const {
        winsize size{rows, columns, 0, 0};
        ::ioctl(master_, TIOCSWINSZ, &size);
    }
    bool shows(const std::string& text) {
        return eventually([&] {
            pollfd fd{master_, POLLIN, 0};
            char buffer[4096];
            while (::poll(&fd, 1, 0) > 0) {
                const ssize_t count = ::read(master_, buffer, sizeof buffer);
                if (count <= 0) break;
                screen_.append(buffer, static_cast<std::size_t>(count));
            }
            return screen_.find(text) != screen_.npos;
        });
    }
    int wait() {
        int status = 0;
        const bool ended = eventually([&] {
            shows_more();
            return ::waitpid(pid_, &status, WNOHANG) == pid_;
        });
        if (ended) pid_ = 0;
        return ended ? WEXITSTATUS(status) : -1;
    }
    [[nodiscard]] const std::string& screen() const { return screen_; }

private:
    void shows_more() {
        pollfd fd{master_, POLLIN, 0};
        char buffer[4096];
        if (::poll(&fd, 1, 0) > 0)
            if (const ssize_t count = ::read(master_, buffer, sizeof buffer); count > 0)
                screen_.append(buffer, static_cast<std::size_t>(count));
    }
    int master_ = -1;
    pid_t pid_ = 0;
    std::string screen_;
};

TEST_F(WithBusybox, AShellOnATerminalAnswersResizesAndEnds) {
    OnTerminal terminal(rtctl_.command({"run", "--rm", "-it", "busybox", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("tty; stty size\n");
    EXPECT_TRUE(terminal.shows("/dev/")) << terminal.screen();
    EXPECT_TRUE(terminal.shows("24 80")) << terminal.screen();
    terminal.resize(50, 132);
    terminal.type("while test \"$(stty size)\" != '50 132'; do :; done; echo is $((40 + 2))\n");
    EXPECT_TRUE(terminal.shows("is 42")) << terminal.screen();
    terminal.type("exit 5\n");
    EXPECT_EQ(terminal.wait(), 5) << terminal.screen();
}

TEST_F(WithBusybox, ControlCReachesTheProgramThroughTheTerminal) {
    OnTerminal terminal(
        rtctl_.command({"run", "--rm", "-it", "busybox", "sh", "-c",
                        "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.05; done"}));
    ASSERT_TRUE(terminal.shows("ready")) << terminal.screen();
    terminal.type("\x03");
    EXPECT_EQ(terminal.wait(), 3) << terminal.screen();
    EXPECT_THAT(terminal.screen(), HasSubstr("caught"));
}

TEST_F(WithBusybox, DetachKeysLeaveTheContainerRunning) {
    OnTerminal terminal(rtctl_.command({"run", "-it", "--name", "one", "busybox", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("\x10\x11");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("one"));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST_F(WithBusybox, ATerminalWithoutATerminalIsRefused) {
    const auto outcome = rtctl_({"run", "--rm", "-it", "busybox", "sh"});
    EXPECT_EQ(outcome.exit_code, 125);
    EXPECT_THAT(outcome.err, HasSubstr("not a TTY"));
    EXPECT_EQ(rtctl_({"run", "--rm", "-t", "busybox", "echo", "x"}).out, "x\r\n");
}

TEST_F(WithBusybox, AShortProgramOnATerminalLosesNothing) {
    for (int number = 0; number < 20; ++number) {
        OnTerminal terminal(rtctl_.command({"run", "--rm", "-t", "busybox", "echo", "hello"}));
        EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
        EXPECT_TRUE(terminal.shows("hello")) << terminal.screen();
    }
}

TEST_F(WithBusybox, ResizingTheTerminalDoesNotEndAStart) {
    for (int number = 0; number < 10; ++number) {
        OnTerminal terminal(rtctl_.command({"run", "--rm", "-t", "busybox", "echo", "hello"}));
        for (unsigned short rows = 20; rows < 60; ++rows) terminal.resize(rows, 80);
        EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
    }
}

TEST_F(WithBusybox, OtherDetachKeysTakeThePlaceOfTheDefault) {
    OnTerminal terminal(
        rtctl_.command({"run", "-it", "--detach-keys", "ctrl-a,d", "--name", "one", "busybox", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("\x01");
    terminal.type("d");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

// A reader that does not read may slow the container; it must not keep signals from it.
TEST_F(WithBusybox, SignalsGoThroughWhileNobodyReadsOurOutput) {
    int out[2];
    ASSERT_EQ(::pipe(out), 0);
    const auto words = rtctl_.command({"run", "--rm", "busybox", "sh", "-c",
                                       "trap 'exit 7' TERM; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"});
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(out[1], 1);
        std::vector<char*> raw;
        for (const auto& word : words) raw.push_back(const_cast<char*>(word.c_str()));
        raw.push_back(nullptr);
        ::execv(raw[0], raw.data());
        ::_exit(255);
    }
    ::close(out[1]);
    int in_pipe = 0;
    ASSERT_TRUE(eventually([&] { return ::ioctl(out[0], FIONREAD, &in_pipe) == 0 && in_pipe >= 60'000; }));
    ::kill(pid, SIGTERM); // the container is told, and its last words are waited for
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-q"}).out.empty(); }));
    ::kill(pid, SIGTERM); // now it is we who are to end
    int status = 0;
    EXPECT_TRUE(eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
    EXPECT_EQ(WEXITSTATUS(status), 7);
    ::kill(pid, SIGKILL);
    ::close(out[0]);
}

} // namespace
