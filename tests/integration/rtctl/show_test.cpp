// SPDX-License-Identifier: Apache-2.0
#include "with_busybox.hpp"

namespace {

using testing::HasSubstr;

TEST_F(WithBusybox, PsFiltersAndFormats) {
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "up", "--label", "tier=web", "busybox", "sleep", "60"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"run", "--name", "over", "busybox", "sh", "-c", "exit 3"}).exit_code, 3);
    const auto names = [&](std::vector<std::string> options) {
        options.insert(options.begin(), {"ps", "--format", "{{.Names}}"});
        const auto outcome = rtctl_(options);
        return outcome.exit_code == 0 ? outcome.out : outcome.err;
    };
    EXPECT_EQ(names({}), "up\n");
    EXPECT_EQ(names({"-a"}), "over\nup\n");
    EXPECT_EQ(names({"-l"}), "over\n");
    EXPECT_EQ(names({"-n", "2"}), "over\nup\n");
    EXPECT_EQ(names({"-f", "exited=3"}), "over\n");
    EXPECT_EQ(names({"-f", "status=running"}), "up\n");
    EXPECT_EQ(names({"-a", "-f", "label=tier=web"}), "up\n");
    EXPECT_EQ(names({"-a", "-f", "label=tier=db"}), "");
    EXPECT_EQ(names({"-a", "-f", "name=^/?ov"}), "over\n");
    EXPECT_EQ(names({"-f", "before=over"}), "up\n");
    EXPECT_EQ(names({"-f", "since=up"}), "over\n");
    EXPECT_EQ(names({"-a", "-f", "ancestor=busybox"}), "over\nup\n");
    EXPECT_THAT(names({"-f", "status=asleep"}), HasSubstr("'asleep' is not one of created, running"));
    EXPECT_EQ(rtctl_({"ps", "--format", "{{.Names}} {{.Label \"tier\"}}"}).out, "up web\n");
    EXPECT_EQ(rtctl_({"ps", "--format", "table {{.Names}}\\t{{.State}}"}).out,
              "NAMES   STATE\nup      running\n");
    EXPECT_THAT(rtctl_({"ps", "--format", "{{.Nope}}"}).err, HasSubstr("map has no entry for key \"Nope\""));
    EXPECT_EQ(rtctl_({"inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "up", "over"}).out,
              "running 0\nexited 3\n");
    EXPECT_EQ(rtctl_({"rm", "-f", "up", "over"}).exit_code, 0);
}

TEST_F(WithBusybox, LogsFollowUntilTheContainerEnds) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "talks", "busybox", "sh", "-c",
                      "echo one; sleep 1; echo two >&2; echo three"})
                  .exit_code,
              0);
    const auto followed = rtctl_({"logs", "-f", "talks"});
    EXPECT_EQ(followed.out, "one\nthree\n");
    EXPECT_EQ(followed.err, "two\n");
    EXPECT_EQ(rtctl_({"logs", "-f", "--tail", "1", "talks"}).out, "three\n");
    EXPECT_EQ(rtctl_({"rm", "talks"}).exit_code, 0);
}

TEST_F(WithBusybox, InspectShowsAnImageWhereThereIsNoContainer) {
    const auto shown = rtctl_({"inspect", "-f", "{{index .RepoTags 0}} {{len .RootFS.Layers}}", "busybox"});
    EXPECT_EQ(shown.out, "busybox:latest 1\n") << shown.err;
    EXPECT_NE(rtctl_({"inspect", "--type", "container", "busybox"}).exit_code, 0);
}

} // namespace
