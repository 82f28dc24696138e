// SPDX-License-Identifier: Apache-2.0
// docker's own client, end to end.
#include "with_rtd.hpp"

namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ApiDockerClient : public WithRtd {
protected:
    void SetUp() override {
        if (!docker_client()) GTEST_SKIP() << "SKIP_NO_DOCKER_CLIENT: this machine has no docker client";
        WithRtd::SetUp();
    }
};

TEST_F(ApiDockerClient, RunsContainers) {
    auto outcome = docker({"run", "--rm", "busybox", "echo", "hello"});
    EXPECT_EQ(outcome.out, "hello\n") << outcome.err;
    EXPECT_EQ(outcome.exit_code, 0);
    outcome = docker({"run", "--rm", "-i", "busybox", "cat"}, "some input\n");
    EXPECT_EQ(outcome.out, "some input\n") << outcome.err;
    EXPECT_EQ(docker({"run", "--rm", "busybox", "sh", "-c", "exit 7"}).exit_code, 7);
    EXPECT_EQ(docker({"run", "--rm", "busybox", "nothing"}).exit_code, 127);
    EXPECT_EQ(docker({"run", "--rm", "busybox", "/etc/passwd"}).exit_code, 126);
}

TEST_F(ApiDockerClient, HearsWhatDoesNotStart) {
    const auto start = docker({"run", "--rm", "--mount", "type=bind,src=/no/such,dst=/x", "busybox", "true"});
    EXPECT_EQ(start.exit_code, 125) << "it ends, and what is to be removed is";
    EXPECT_THAT(start.err, HasSubstr("/no/such"));
    EXPECT_EQ(docker({"ps", "-aq"}).out, "");
    EXPECT_THAT(docker({"create", "--platform", "linux/s390x", "busybox"}).err, HasSubstr("s390x"));
    ASSERT_EQ(docker({"run", "-d", "--name", "web", "busybox", "sleep", "100"}).exit_code, 0);
    const auto missing = docker({"exec", "web", "no-such-program"});
    EXPECT_EQ(missing.exit_code, 127);
    EXPECT_THAT(missing.out + missing.err, HasSubstr("no-such-program"));
    EXPECT_EQ(docker({"exec", "web", "/etc/passwd"}).exit_code, 126);
    EXPECT_EQ(docker({"rm", "-f", "web"}).exit_code, 0);
}

TEST_F(ApiDockerClient, KnowsItsEngine) {
    EXPECT_THAT(docker({"version"}).out, HasSubstr("(minimum version 1.24)"));
    EXPECT_THAT(docker({"info"}).out, HasSubstr("Storage Driver: overlayfs"));
}

TEST_F(ApiDockerClient, SeesAndEndsWhatRuns) {
    auto outcome = docker({"run", "-d", "--name", "web", "-p", "127.0.0.1::80", "busybox", "sleep", "100"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(docker({"ps", "--format", "{{.Names}} {{.Image}} {{.Status}}"}).out,
                StartsWith("web busybox Up"));
    EXPECT_EQ(docker({"exec", "web", "hostname"}).out.size(), 13U);
    EXPECT_EQ(docker({"exec", "web", "sh", "-c", "exit 4"}).exit_code, 4);
    EXPECT_THAT(docker({"port", "web"}).out, HasSubstr("80/tcp -> 127.0.0.1:"));
    EXPECT_THAT(docker({"top", "web"}).out, HasSubstr("sleep 100"));
    EXPECT_EQ(docker({"inspect", "-f", "{{.State.Status}}", "web"}).out, "running\n");
    EXPECT_EQ(docker({"stop", "-t", "0", "web"}).out, "web\n");
    EXPECT_EQ(docker({"rm", "web"}).out, "web\n");
}

TEST_F(ApiDockerClient, CopiesFiles) {
    ASSERT_EQ(docker({"create", "--name", "files", "busybox", "true"}).exit_code, 0);
    const auto here = rtctl_.directory() / "copied";
    EXPECT_EQ(docker({"cp", "files:/etc/passwd", here.native()}).exit_code, 0);
    EXPECT_TRUE(std::filesystem::exists(here));
    EXPECT_EQ(docker({"cp", here.native(), "files:/tmp/there"}).exit_code, 0);
    EXPECT_THAT(docker({"diff", "files"}).out, HasSubstr("A /tmp/there"));
    EXPECT_EQ(docker({"rm", "files"}).exit_code, 0);
}

TEST_F(ApiDockerClient, MakesNetworksAndVolumes) {
    ASSERT_EQ(docker({"network", "create", "mine"}).exit_code, 0);
    ASSERT_EQ(docker({"volume", "create", "data"}).out, "data\n");
    EXPECT_EQ(
        docker({"run", "--rm", "--network", "mine", "-v", "data:/d", "busybox", "touch", "/d/f"}).exit_code,
        0);
    EXPECT_EQ(docker({"run", "--rm", "-v", "data:/d", "busybox", "ls", "/d"}).out, "f\n");
    EXPECT_THAT(docker({"network", "ls"}).out, HasSubstr("mine"));
    EXPECT_EQ(docker({"network", "rm", "mine"}).out, "mine\n");
    EXPECT_EQ(docker({"volume", "rm", "data"}).out, "data\n");
}

TEST_F(ApiDockerClient, LooksAtWhatThereIs) {
    EXPECT_EQ(docker({"tag", "busybox", "other:1"}).exit_code, 0);
    EXPECT_THAT(docker({"images"}).out, HasSubstr("other"));
    EXPECT_THAT(docker({"history", "other:1"}).out, HasSubstr("IMAGE"));
    EXPECT_EQ(docker({"rmi", "other:1"}).out, "Untagged: other:1\n");
    EXPECT_THAT(docker({"system", "df"}).out, HasSubstr("Local Volumes"));
    EXPECT_THAT(docker({"system", "df", "-v"}).out, HasSubstr("busybox"));
    EXPECT_THAT(docker({"plugin", "ls"}).out, testing::AllOf(HasSubstr("bridge"), HasSubstr("true")));
    ASSERT_EQ(docker({"run", "-d", "--name", "busy", "busybox", "sleep", "100"}).exit_code, 0);
    const auto stats = docker({"stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}} {{.MemUsage}}"});
    EXPECT_THAT(stats.out, testing::MatchesRegex("busy [1-9].* / .*\n")) << stats.err;
    EXPECT_EQ(docker({"stop", "-s", "KILL", "busy"}).exit_code, 0);
    EXPECT_EQ(docker({"inspect", "-f", "{{.State.ExitCode}}", "busy"}).out, "137\n");
    EXPECT_THAT(docker({"container", "prune", "-f"}).out, HasSubstr("Total reclaimed space"));
}

TEST_F(ApiDockerClient, MakesAnImageOfATar) {
    ASSERT_EQ(docker({"create", "--name", "from", "busybox", "true"}).exit_code, 0);
    const auto tar = (rtctl_.directory() / "root.tar").native();
    ASSERT_EQ(docker({"export", "-o", tar, "from"}).exit_code, 0);
    const auto made = docker({"import", "-c", "CMD [\"echo\", \"imported\"]", tar, "made:1"});
    EXPECT_THAT(made.out, StartsWith("sha256:")) << made.err;
    EXPECT_EQ(docker({"run", "--rm", "made:1"}).out, "imported\n");
    EXPECT_EQ(docker({"rm", "from"}).exit_code, 0);
    EXPECT_EQ(docker({"rmi", "made:1"}).exit_code, 0);
}

} // namespace
