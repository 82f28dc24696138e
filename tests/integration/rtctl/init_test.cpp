// SPDX-License-Identifier: Apache-2.0
// --init: a first process of ours before the user's program.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

namespace {

using rt::test::eventually;
using rt::test::Rtctl;
using testing::HasSubstr;

class Init : public WithBusybox {
protected:
    rt::test::Outcome with_init(const std::string& line, std::vector<std::string> options = {}) {
        options.emplace_back("--init");
        return sh(line, options);
    }
};

TEST_F(Init, IsTheFirstProcessAndReapsWhatOthersLeave) {
    const auto outcome = with_init("echo $$; tr '\\0' ' ' </proc/1/cmdline; (sleep 0.1 & ) ; sleep 0.3; ps");
    EXPECT_THAT(outcome.out, testing::StartsWith("2\n/sbin/docker-init -- sh -c"));
    EXPECT_THAT(outcome.out, testing::Not(HasSubstr("[sleep]"))) << outcome.out;
    EXPECT_EQ(sh("echo $$").out, "1\n");
    EXPECT_EQ(sh("echo $$", {"--init=false"}).out, "1\n");
}

TEST_F(Init, EndsAsItsChildDoes) {
    EXPECT_EQ(with_init("exit 7").exit_code, 7);
    EXPECT_EQ(with_init("kill -TERM $$").exit_code, 128 + 15);
    EXPECT_EQ(rtctl_({"run", "--rm", "--init", "busybox", "none-of-it"}).exit_code, 127);
    EXPECT_EQ(rtctl_({"run", "--rm", "--init", "busybox", "/etc/passwd"}).exit_code, 126);
    EXPECT_EQ(rtctl_({"run", "--rm", "--init", "busybox", "/bin/none"}).exit_code, 127);
    // What the program leaves in the background goes with it.
    EXPECT_EQ(with_init("sleep 600 & exit 4").exit_code, 4);
}

TEST_F(Init, WorksUnderEveryRestriction) {
    EXPECT_EQ(with_init("id -u; touch /x 2>/dev/null || echo no",
                        {"--user", "web", "--read-only", "--cap-drop", "ALL", "--security-opt",
                         "no-new-privileges", "--pids-limit", "10", "--network", "none"})
                  .out,
              "1000\nno\n");
    // It cannot be changed from inside.
    EXPECT_NE(with_init("echo > /sbin/docker-init").exit_code, 0);
}

TEST_F(Init, PassesSignalsOn) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "--init", "--name", "one", "busybox", "sh", "-c",
                "trap 'echo hup' HUP; trap 'echo term; exit 5' TERM; echo ready; while :; do sleep 0.05; "
                "done"})
            .exit_code,
        0);
    const auto logs = [&] { return rtctl_({"logs", "one"}).out; };
    ASSERT_TRUE(eventually([&] { return logs() == "ready\n"; }));
    EXPECT_EQ(rtctl_({"kill", "-s", "HUP", "one"}).exit_code, 0);
    EXPECT_TRUE(eventually([&] { return logs() == "ready\nhup\n"; })) << logs();
    EXPECT_EQ(rtctl_({"stop", "one"}).exit_code, 0);
    EXPECT_EQ(logs(), "ready\nhup\nterm\n");
    EXPECT_EQ(rtctl_({"wait", "one"}).out, "5\n");
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

TEST_F(Init, GivesTheTerminalToItsChild) {
    OnTerminal terminal(rtctl_.command({"run", "--rm", "--init", "-it", "busybox", "sh"}));
    ASSERT_TRUE(terminal.shows("# ")) << terminal.screen();
    terminal.type("sh -c 'echo is $((40 + 2)); sleep 600'\n");
    ASSERT_TRUE(terminal.shows("is 42")) << terminal.screen();
    terminal.type("\x1a"); // job control: stopped, and in the background
    EXPECT_TRUE(terminal.shows("Stopped")) << terminal.screen();
    terminal.type("exit 1\n");
    EXPECT_TRUE(terminal.shows("stopped jobs")) << terminal.screen();
    terminal.type("exit 5\n");
    EXPECT_EQ(terminal.wait(), 5) << terminal.screen();
}

TEST_F(Init, IsLeftOutWhereAnotherIsThere) {
    EXPECT_NE(with_init("echo $PPID", {"--pid", "host"}).out, "1\n");
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "one", "--init", "busybox", "sleep", "600"}).exit_code, 0);
    EXPECT_THAT(with_init("ps", {"--pid", "container:one"}).out,
                testing::Not(testing::ContainsRegex("docker-init(.|\n)*docker-init")));
    EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0);
}

TEST(InitWiring, ADefaultAndAProgramOfTheUsersChoice) {
    const Rtctl rtctl(R"("init": {"default": true})");
    rtctl.import_busybox();
    EXPECT_EQ(rtctl({"run", "--rm", "busybox", "sh", "-c", "echo $$"}).out, "2\n");
    EXPECT_EQ(rtctl({"run", "--rm", "--init=false", "busybox", "sh", "-c", "echo $$"}).out, "1\n");
    const Rtctl other(R"("init": {"program": "/none/of/it"})");
    other.import_busybox();
    const auto outcome = other({"run", "--rm", "--init", "busybox", "true"});
    EXPECT_EQ(outcome.exit_code, 125);
    EXPECT_THAT(outcome.err, HasSubstr("/none/of/it"));
}

} // namespace
