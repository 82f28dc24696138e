// SPDX-License-Identifier: Apache-2.0
// `rtctl exec`: docker's words, exit codes and environment.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

#include <fstream>

namespace {

using rt::test::eventually;
using rt::test::Outcome;
using testing::HasSubstr;
using testing::Not;

class WithRunning : public WithBusybox {
protected:
    void SetUp() override {
        WithBusybox::SetUp();
        const Outcome outcome =
            rtctl_({"run", "-d", "--name", "one", "-e", "MINE=1", "-w", "/tmp", "busybox", "sleep", "1000"});
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        id_ = outcome.out.substr(0, 64);
    }
    void TearDown() override {
        EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
        WithBusybox::TearDown();
    }
    Outcome exec(std::vector<std::string> words, const std::string& input = {}) {
        words.insert(words.begin(), "exec");
        return rtctl_(words, input);
    }
    std::string id_;
};

TEST_F(WithRunning, ExecRunsInEveryNamespaceOfTheContainer) {
    const Outcome outcome =
        exec({"one", "sh", "-c", "hostname; cat /proc/1/comm; pwd; echo err >&2; exit 7"});
    EXPECT_EQ(outcome.exit_code, 7);
    EXPECT_EQ(outcome.out, id_.substr(0, 12) + "\nsleep\n/tmp\n");
    EXPECT_EQ(outcome.err, "err\n");
    const std::string links = "for n in cgroup ipc mnt net pid uts; do readlink /proc/$1/ns/$n; done";
    EXPECT_EQ(exec({"one", "sh", "-c", links, "sh", "1"}).out,
              exec({"one", "sh", "-c", links, "sh", "self"}).out);
    EXPECT_EQ(exec({"one", "cat", "/proc/1/cgroup"}).out, exec({"one", "cat", "/proc/self/cgroup"}).out);
}

TEST_F(WithRunning, ExecFindsTheContainerByNameAndId) {
    for (const std::string& reference : {std::string("one"), id_, id_.substr(0, 12)})
        EXPECT_EQ(exec({reference, "echo", "x"}).out, "x\n") << reference;
}

TEST_F(WithRunning, ExecHasTheContainersEnvironmentAndTheUsers) {
    std::ofstream(rtctl_.directory().path() / "env") << "# a comment\nFILE=2\n";
    const auto env = exec({"-e", "MORE=3", "-e", "MINE=4", "--env-file",
                           (rtctl_.directory().path() / "env").string(), "one", "env"})
                         .out;
    EXPECT_THAT(env, HasSubstr("MORE=3\n"));
    EXPECT_THAT(env, HasSubstr("MINE=4\n"));
    EXPECT_THAT(env, Not(HasSubstr("MINE=1\n")));
    EXPECT_THAT(env, HasSubstr("FILE=2\n"));
    EXPECT_THAT(env, HasSubstr("HOME=/root\n"));
    EXPECT_THAT(env, HasSubstr("HOSTNAME=" + id_.substr(0, 12)));
    EXPECT_THAT(env, Not(HasSubstr("TERM=")));
}

TEST_F(WithRunning, ExecRunsAsAnotherUserInAnotherDirectory) {
    const Outcome outcome =
        exec({"-u", "web", "-w", "/etc", "one", "sh", "-c", "id -u; id -G; pwd; echo $HOME"});
    EXPECT_THAT(outcome.out, HasSubstr("1000\n"));
    EXPECT_THAT(outcome.out, HasSubstr("2000"));
    EXPECT_THAT(outcome.out, HasSubstr("/etc\n"));
    EXPECT_THAT(exec({"-u", "nobody-of-that-name", "one", "true"}).err, HasSubstr("nobody-of-that-name"));
    EXPECT_EQ(exec({"-w", "relative", "one", "true"}).exit_code, 1);
}

TEST_F(WithRunning, ExecHasTheContainersCapabilitiesUnlessPrivileged) {
    const std::string bounding = "grep CapBnd /proc/self/status";
    EXPECT_EQ(exec({"one", "sh", "-c", bounding}).out, exec({"one", "grep", "CapBnd", "/proc/1/status"}).out);
    const auto value = [](const std::string& line) {
        return std::stoull(line.substr(line.find('\t') + 1), nullptr, 16);
    };
    const auto plain = value(exec({"one", "sh", "-c", bounding}).out);
    const auto privileged = value(exec({"--privileged", "one", "sh", "-c", bounding}).out);
    EXPECT_EQ(privileged & plain, plain);
    EXPECT_GT(privileged, plain);
}

TEST_F(WithRunning, ExecPassesInputOnOnlyWhenAskedTo) {
    EXPECT_EQ(exec({"-i", "one", "cat"}, "hello").out, "hello");
    EXPECT_EQ(exec({"one", "cat"}, "hello").out, "");
    const std::string much(3'000'000, 'x');
    EXPECT_EQ(exec({"-i", "one", "cat"}, much).out.size(), much.size());
}

TEST_F(WithRunning, ExecEndsWithDockersExitCodes) {
    const Outcome missing = exec({"one", "no-such-program"});
    EXPECT_EQ(missing.exit_code, 127);
    EXPECT_THAT(missing.err, HasSubstr("executable file not found in $PATH"));
    EXPECT_EQ(exec({"one", "/etc"}).exit_code, 126);
    EXPECT_EQ(exec({"one", "/etc/passwd"}).exit_code, 126);
    EXPECT_EQ(exec({"one", "/no/such/program"}).exit_code, 127);
    const Outcome nobody = exec({"-u", "nobody-of-that-name", "one", "true"});
    EXPECT_EQ(nobody.exit_code, 126);
    EXPECT_THAT(nobody.err, HasSubstr("unable to find user nobody-of-that-name"));
    EXPECT_EQ(exec({"-w", "/no/such/directory", "one", "true"}).exit_code, 127);
    EXPECT_EQ(exec({"one", "sh", "-c", "kill -9 $$"}).exit_code, 137);
    const Outcome unknown = exec({"ome", "true"});
    EXPECT_EQ(unknown.exit_code, 1);
    EXPECT_THAT(unknown.err, HasSubstr("did you mean one?"));
    EXPECT_EQ(rtctl_({"run", "--name", "two", "busybox", "true"}).exit_code, 0);
    const Outcome ended = exec({"two", "true"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_THAT(ended.err, HasSubstr("not running"));
    EXPECT_EQ(rtctl_({"rm", "two"}).exit_code, 0);
}

TEST_F(WithRunning, ExecDetachedGoesOnWithoutUs) {
    const Outcome outcome = exec({"-d", "one", "sh", "-c", "echo done > /tmp/done"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(eventually([&] { return exec({"one", "cat", "/tmp/done"}).out == "done\n"; }));
    EXPECT_EQ(exec({"-d", "one", "no-such-program"}).exit_code, 127);
}

TEST_F(WithRunning, ExecGivesATerminalAndDetachKeysLeaveIt) {
    OnTerminal terminal(rtctl_.command({"exec", "-it", "--detach-keys", "ctrl-a,x", "one", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("echo $TERM $((40 + 2)); stty size; echo $$ > /tmp/pid\n");
    EXPECT_TRUE(terminal.shows("xterm 42")) << terminal.screen();
    EXPECT_TRUE(terminal.shows("24 80")) << terminal.screen();
    terminal.type("\x01x");
    EXPECT_EQ(terminal.wait(), 0) << terminal.screen();
    EXPECT_EQ(exec({"one", "sh", "-c", "kill -9 $(cat /tmp/pid)"}).exit_code, 0) << "it went on";
}

TEST_F(WithRunning, ExecOnATerminalNeedsOne) {
    const Outcome outcome = exec({"-it", "one", "sh"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("not a TTY"));
}

} // namespace
