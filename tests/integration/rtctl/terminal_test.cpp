// SPDX-License-Identifier: Apache-2.0
// `rtctl run -t` under a real pty.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using rt::test::eventually;
using testing::HasSubstr;

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
    EXPECT_EQ(outcome.exit_code, 1);
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

// Also when an expectation fails: nobody else knows of the program. One that is over already is nobody's.
struct EndsWithTheTest {
    explicit EndsWithTheTest(pid_t pid) : pid_(pid) {}
    ~EndsWithTheTest() {
        if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    EndsWithTheTest(const EndsWithTheTest&) = delete;
    EndsWithTheTest& operator=(const EndsWithTheTest&) = delete;

private:
    pid_t pid_;
};

// A shell with job control on a terminal of its own, in which "$rt" is our rtctl.
class Shell : public OnTerminal {
public:
    explicit Shell(const rt::test::Rtctl& rtctl) : OnTerminal({"/bin/bash", "--norc", "--noprofile", "-i"}) {
        std::string words;
        for (const auto& word : rtctl.command({})) words += " " + word;
        type("PS1='$ '; rt=\"" + words + "\"; echo read\"\"y\n");
        EXPECT_TRUE(shows("ready")) << screen();
    }
};

// A job of the test's shell, which is the container's foreground rtctl, and what it does: "T" is stopped;
// "-": there is none.
struct Job {
    pid_t pid = 0;
    char state = '-';
};
Job find_job(const rt::test::Rtctl& rtctl, const std::string& name) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream line(entry.path() / "cmdline", std::ios::binary);
        std::string words;
        std::getline(line, words); // none of a process that goes meanwhile
        const bool is_ours = words.find(rtctl.directory().path()) != words.npos; // others test beside us
        if (!is_ours || words.find(name) == words.npos) continue;
        std::ifstream stat(entry.path() / "stat");
        Job job;
        std::string program;
        if (stat >> job.pid >> program >> job.state && program == "(rtctl)") return job;
    }
    return {};
}
char state_of_job(const rt::test::Rtctl& rtctl, const std::string& name) {
    return find_job(rtctl, name).state;
}

TEST_F(WithBusybox, AJobInTheBackgroundIsStoppedAndGoesOnInTheForeground) {
    Shell shell(rtctl_);
    shell.type("$rt run --rm -it --name job-one busybox sh &\n");
    ASSERT_TRUE(eventually([&] { return state_of_job(rtctl_, "job-one") == 'T'; })) << shell.screen();
    EXPECT_EQ(rtctl_({"ps", "-q", "--filter", "name=job-one"}).out.size(), 13U) << "the container runs";
    shell.type("fg\n");
    shell.type("echo in-$((40 + 2))\n");
    EXPECT_TRUE(shell.shows("in-42")) << shell.screen();
    shell.type("exit 5\n");
    ASSERT_TRUE(eventually(
        [&] { return state_of_job(rtctl_, "job-one") == '-'; })); // until then it reads what is typed
    shell.type("echo code=$?; exit\n");
    EXPECT_TRUE(shell.shows("code=5")) << shell.screen();
}

// Its program has no use for SIGTERM before it has said so, as the first process of its container; and the
// shell wakes up a job only once it knows that it is stopped.
class StoppedJob : public WithBusybox {
protected:
    static constexpr const char* kRun =
        "$rt run --rm -it --name job-two busybox sh -c 'trap \"exit 7\" TERM; "
        "touch /ready; while :; do sleep 0.05; done'";
    void expect_ready() {
        ASSERT_TRUE(
            eventually([&] { return rtctl_({"exec", "job-two", "test", "-e", "/ready"}).exit_code == 0; }));
    }
    void expect_ended_by_kill(Shell& shell) {
        ASSERT_TRUE(eventually([&] { return state_of_job(rtctl_, "job-two") == 'T'; })) << shell.screen();
        shell.type("jobs\n");
        ASSERT_TRUE(shell.shows("Stopped")) << shell.screen();
        shell.type("kill %1\n");
        EXPECT_TRUE(eventually([&] { return state_of_job(rtctl_, "job-two") == '-'; })) << shell.screen();
        EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-aq"}).out.empty(); }));
    }
};

TEST_F(StoppedJob, InTheBackgroundCanBeEnded) {
    Shell shell(rtctl_);
    shell.type(std::string(kRun) + " &\n");
    ASSERT_TRUE(eventually([&] { return state_of_job(rtctl_, "job-two") == 'T'; })) << shell.screen();
    expect_ready();
    expect_ended_by_kill(shell);
}

TEST_F(StoppedJob, OfTheForegroundCanBeEnded) {
    Shell shell(rtctl_);
    shell.type(std::string(kRun) + "\n");
    ASSERT_TRUE(eventually([&] { return find_job(rtctl_, "job-two").pid != 0; })) << shell.screen();
    expect_ready();
    ::kill(find_job(rtctl_, "job-two").pid, SIGTSTP); // its terminal is raw: Ctrl-Z goes to the container
    expect_ended_by_kill(shell);
}

TEST_F(WithBusybox, AStoppedJobThatReadsTheTerminalCanBeEnded) {
    Shell shell(rtctl_);
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "target", "busybox", "sleep", "600"}).exit_code, 0);
    shell.type("$rt exec -it target cat /dev/null - &\n"); // signals are ours, not its
    ASSERT_TRUE(eventually([&] { return state_of_job(rtctl_, "exec") == 'T'; })) << shell.screen();
    shell.type("kill %1\n");
    EXPECT_TRUE(eventually([&] { return state_of_job(rtctl_, "exec") == '-'; })) << shell.screen();
    EXPECT_EQ(rtctl_({"rm", "-f", "target"}).exit_code, 0);
}

// A reader that does not read may slow the container; it must not keep signals from it.
TEST_F(WithBusybox, SignalsGoThroughWhileNobodyReadsOurOutput) {
    int out[2];
    ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
    const auto words =
        rtctl_.command({"run", "--rm", "busybox", "sh", "-c",
                        "trap 'exit 7' TERM; (while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyy; done) & wait"});
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(out[1], 1);
        std::vector<char*> raw;
        for (const auto& word : words) raw.push_back(const_cast<char*>(word.c_str()));
        raw.push_back(nullptr);
        ::execv(raw[0], raw.data());
        ::_exit(255);
    }
    const EndsWithTheTest program{pid};
    // Full: how many bytes that are depends on how large the pieces were.
    pollfd room{out[1], POLLOUT, 0};
    ASSERT_TRUE(eventually([&] { return ::poll(&room, 1, 0) == 0; }));
    ::close(out[1]);
    ::kill(pid, SIGTERM); // the container is told, and its last words are waited for
    EXPECT_TRUE(eventually([&] { return rtctl_({"ps", "-q"}).out.empty(); }));
    ::kill(pid, SIGTERM); // now it is we who are to end
    int status = 0;
    EXPECT_TRUE(eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << "status " << status;
    ::close(out[0]);
}

} // namespace
