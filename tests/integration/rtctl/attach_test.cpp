// SPDX-License-Identifier: Apache-2.0
// `rtctl attach`: several clients on one container.
#include "on_terminal.hpp"
#include "with_busybox.hpp"

namespace {

using rt::test::eventually;
using rt::test::Outcome;
using testing::HasSubstr;

class Attach : public WithBusybox {
protected:
    void run(std::vector<std::string> options, const std::string& script) {
        std::vector<std::string> words{"run", "--name", "one"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sh", "-c", script});
        const Outcome outcome = rtctl_(words);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    void remove() { EXPECT_EQ(rtctl_({"rm", "-f", "one"}).exit_code, 0); }
};

TEST_F(Attach, BringsWhatComesFromThenOnAndTheExitCode) {
    run({"-d", "-i"}, "read x; echo got $x; exit 6");
    const Outcome outcome = rtctl_({"attach", "one"}, "word\n");
    EXPECT_EQ(outcome.out, "got word\n");
    EXPECT_EQ(outcome.exit_code, 6);
    remove();
}

constexpr const char* kTicks = "while :; do echo tick; sleep 0.02; done & ";

TEST_F(Attach, ServesTwoTerminalsAtOnce) {
    run({"-d", "-it"}, std::string(kTicks) + "while read x; do echo \"<$x>\"; stty size; done");
    {
        OnTerminal first(rtctl_.command({"attach", "one"}));
        OnTerminal second(rtctl_.command({"attach", "one"}));
        ASSERT_TRUE(first.shows("tick")) << first.screen();
        ASSERT_TRUE(second.shows("tick")) << second.screen();
        first.type("a\n");
        EXPECT_TRUE(first.shows("<a>")) << first.screen();
        EXPECT_TRUE(second.shows("<a>")) << second.screen();
        second.type("b\n");
        EXPECT_TRUE(first.shows("<b>")) << first.screen();
        second.resize(50, 132);
        EXPECT_TRUE(eventually([&] {
            second.type("s\n");
            return first.shows("<s>") && first.screen().find("50 132") != std::string::npos;
        })) << first.screen();
        first.type("\x10\x11");
        EXPECT_EQ(first.wait(), 0);
        second.type("d\n");
        EXPECT_TRUE(second.shows("<d>")) << second.screen();
    }
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("one")) << "it goes on without any";
    remove();
}

TEST_F(Attach, PassesSignalsOnUnlessToldNotTo) {
    run({"-d"}, std::string(kTicks) + "trap 'echo got; exit 9' TERM; while :; do sleep 0.02; done");
    OnTerminal passes(rtctl_.command({"attach", "one"}));
    ASSERT_TRUE(passes.shows("tick"));
    {
        OnTerminal leaves(rtctl_.command({"attach", "--sig-proxy=false", "--no-stdin", "one"}));
        ASSERT_TRUE(leaves.shows("tick"));
        ASSERT_EQ(::kill(leaves.pid(), SIGTERM), 0);
        EXPECT_EQ(leaves.wait(), 128 + SIGTERM);
    }
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("one")) << "it was not meant for it";
    ASSERT_EQ(::kill(passes.pid(), SIGTERM), 0);
    EXPECT_TRUE(passes.shows("got")) << passes.screen();
    EXPECT_EQ(passes.wait(), 9);
    remove();
}

TEST_F(Attach, EndsStdinWithItsOwnForAContainerThatReadsToTheEnd) {
    run({"-d", "-i"}, "wc -c");
    EXPECT_EQ(rtctl_({"attach", "one"}, "12345").out, "5\n");
    remove();
}

TEST_F(Attach, RefusesWhatDoesNotRun) {
    run({}, "true");
    const Outcome ended = rtctl_({"attach", "one"});
    EXPECT_EQ(ended.exit_code, 1);
    EXPECT_THAT(ended.err, HasSubstr("not running"));
    EXPECT_THAT(rtctl_({"attach", "ome"}).err, HasSubstr("did you mean one?"));
    remove();
}

} // namespace
