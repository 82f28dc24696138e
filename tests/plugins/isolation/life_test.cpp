// SPDX-License-Identifier: Apache-2.0
// Create, start, signal, destroy, and what a container is made of.
#include "container_fixture.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using testing::Test;

class Life : public ContainerTest {};

TEST_F(Life, ProbeFindsThisHostUsable) {
    std::string facts;
    rtp_error error{};
    const rtp_sink sink = sink_to(facts);
    ASSERT_EQ(host_->plugin().api->probe(host_->self(), &kCall, &sink, &error), RTP_OK) << error.message;
    EXPECT_TRUE(nlohmann::json::parse(facts).contains("cgroups"));
}

TEST_F(Life, RunsAProgramAndReportsItsExit) {
    const Outcome outcome = run_shell("echo hello; exit 7");
    EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
    EXPECT_EQ(outcome.output, "hello\n");
    EXPECT_EQ(outcome.exit_code, 7);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, RunsOnAnOverlayAndLeavesNoMountBehind) {
    use_overlay();
    const Outcome outcome = run_shell("echo data > /made && cat /made");
    EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
    EXPECT_EQ(outcome.output, "data\n");
    EXPECT_TRUE(fs::exists(directory_ / "upper/made"));
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, NothingOfTheUsersRunsBeforeStart) {
    config_["process"]["args"] = {"sh", "-c", "touch /ran"};
    ASSERT_EQ(create().status, RTP_OK);
    EXPECT_GE(process_.netns_fd, 0);
    EXPECT_FALSE(fs::exists(rootfs() / "ran"));
    ASSERT_EQ(start().status, RTP_OK);
    EXPECT_EQ(wait().exit_code, 0);
    EXPECT_TRUE(fs::exists(rootfs() / "ran"));
}

TEST_F(Life, SecondStartIsRefused) {
    config_["process"]["args"] = {"sleep", "60"};
    ASSERT_EQ(create().status, RTP_OK);
    ASSERT_EQ(start().status, RTP_OK);
    EXPECT_EQ(start().status, RTP_FAILED_PRECONDITION);
}

TEST_F(Life, StartOfAMissingProgramSaysNotFound) {
    config_["process"]["args"] = {"no-such-program"};
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, RTP_NOT_FOUND);
    EXPECT_NE(outcome.message.find("executable file not found in $PATH"), std::string::npos)
        << outcome.message;
    config_["process"]["args"] = {"/no/such/program"};
    const Outcome second = run();
    EXPECT_EQ(second.status, RTP_NOT_FOUND);
    EXPECT_NE(second.message.find("no such file or directory"), std::string::npos) << second.message;
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, StartOfADirectoryOrAPlainFileIsDenied) {
    config_["process"]["args"] = {"/etc"};
    Outcome outcome = run();
    EXPECT_EQ(outcome.status, RTP_PERMISSION_DENIED);
    EXPECT_NE(outcome.message.find("is a directory"), std::string::npos) << outcome.message;
    config_["process"]["args"] = {"/etc/passwd"};
    outcome = run();
    EXPECT_EQ(outcome.status, RTP_PERMISSION_DENIED);
    EXPECT_NE(outcome.message.find("permission denied"), std::string::npos) << outcome.message;
}

TEST_F(Life, StartOfAScriptWithoutInterpreterSaysNotFound) {
    write_file(rootfs() / "script", "#!/no/such/interpreter\n");
    ::chmod((rootfs() / "script").c_str(), 0755);
    config_["process"]["args"] = {"/script"};
    EXPECT_EQ(run().status, RTP_NOT_FOUND);
}

TEST_F(Life, SignalReachesTheFirstProcess) {
    config_["process"]["args"] = {"sh", "-c",
                                  "trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done"};
    ASSERT_EQ(create().status, RTP_OK);
    ASSERT_EQ(start().status, RTP_OK);
    char letter = 0;
    ASSERT_EQ(::read(output_, &letter, 1), 1);
    ASSERT_EQ(signal(SIGTERM).status, RTP_OK);
    EXPECT_EQ(wait().exit_code, 42);
    EXPECT_EQ(signal(SIGTERM).status, RTP_FAILED_PRECONDITION);
    EXPECT_EQ(signal(SIGTERM, RTP_SIGNAL_ALL_PROCESSES).status, RTP_FAILED_PRECONDITION);
    EXPECT_EQ(signal(0).status, RTP_INVALID_ARGUMENT);
}

TEST_F(Life, SignalReachesAllProcesses) {
    config_["process"]["args"] = {
        "sh", "-c",
        "(trap 'echo child; exit 0' USR1; while :; do sleep 0.05; done) & "
        "trap 'echo parent; wait; exit 0' USR1; echo ready; while :; do sleep 0.05; done"};
    ASSERT_EQ(create().status, RTP_OK);
    ASSERT_EQ(start().status, RTP_OK);
    char line[6];
    ASSERT_EQ(::read(output_, line, sizeof line), 6);
    // The shell's "sleep" is hit too, and the trap of the subshell may come a moment after "ready".
    wait_until([&] { return read_process(process_.pid, "status").find("State:\tS") != std::string::npos; });
    ASSERT_EQ(signal(SIGUSR1, RTP_SIGNAL_ALL_PROCESSES).status, RTP_OK);
    EXPECT_NE(wait().output.find("parent"), std::string::npos);
}

TEST_F(Life, DestroyIsRepeatable) {
    EXPECT_EQ(run().status, RTP_OK);
    EXPECT_EQ(destroy().status, RTP_OK);
    EXPECT_EQ(destroy().status, RTP_OK);
}

TEST_F(Life, DestroyEndsWhatStillRuns) {
    config_["process"]["args"] = {"sh", "-c", "sleep 1000 & sleep 1000"};
    ASSERT_EQ(create().status, RTP_OK);
    ASSERT_EQ(start().status, RTP_OK);
    EXPECT_EQ(destroy().status, RTP_OK);
    EXPECT_EQ(wait().exit_code, 128 + SIGKILL);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, DestroyOfACreatedContainerEndsTheWaitingProcess) {
    ASSERT_EQ(create().status, RTP_OK);
    EXPECT_EQ(destroy().status, RTP_OK);
    EXPECT_NE(wait().exit_code, 0);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, AnotherInstanceDestroysAfterTheFirstWasKilled) {
    config_["process"]["args"] = {"sh", "-c", "sleep 1000 & sleep 1000"};
    const pid_t shim = ::fork();
    if (shim == 0) {
        if (create().status == RTP_OK && start().status == RTP_OK) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(shim, &status, 0), shim);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the container did not start";
    EXPECT_FALSE(nothing_is_left());
    host_ = another_instance();
    EXPECT_EQ(destroy().status, RTP_OK);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, TheWaitingProcessEndsWithItsHost) {
    int pid_pipe[2];
    ASSERT_EQ(::pipe(pid_pipe), 0);
    const pid_t shim = ::fork();
    if (shim == 0) {
        if (create().status != RTP_OK) ::_exit(1);
        const ssize_t written = ::write(pid_pipe[1], &process_.pid, sizeof process_.pid);
        ::kill(::getpid(), written > 0 ? SIGKILL : SIGABRT);
    }
    int pid = 0;
    ASSERT_EQ(::read(pid_pipe[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    ::waitpid(shim, nullptr, 0);
    wait_until([&] { // nothing to be read: it has been taken away as well
        std::ifstream status("/proc/" + std::to_string(pid) + "/status");
        std::string text;
        std::getline(status, text, '\0');
        return text.empty() || text.find("State:\tZ") != std::string::npos;
    });
    ::close(pid_pipe[0]);
    ::close(pid_pipe[1]);
}

TEST_F(Life, SecondCreateOfTheSameIdIsRefused) {
    config_["process"]["args"] = {"sleep", "60"};
    ASSERT_EQ(create().status, RTP_OK);
    const rtp_process first = process_;
    const int output = output_;
    EXPECT_EQ(create().status, RTP_ALREADY_EXISTS);
    ::close(output_);
    process_ = first;
    output_ = output;
    EXPECT_EQ(start().status, RTP_OK);
}

TEST_F(Life, ACgroupInUseIsNotTakenOver) {
    const std::string directory = "/sys/fs/cgroup/pids" + cgroup_path();
    if (!fs::exists("/sys/fs/cgroup/pids")) GTEST_SKIP() << "the host has no cgroup v1";
    ASSERT_EQ(::mkdir(directory.c_str(), 0755), 0);
    ASSERT_EQ(::mkdir((directory + "/other").c_str(), 0755), 0);
    EXPECT_EQ(run().status, RTP_ALREADY_EXISTS);
    EXPECT_TRUE(fs::exists(directory + "/other"));
}

TEST_F(Life, AFailedStepIsNamedAndLeavesNothing) {
    config_["mounts"].push_back(
        {{"destination", "/data"}, {"type", "bind"}, {"source", "/no/such/source"}, {"options", {"bind"}}});
    const Outcome outcome = create();
    EXPECT_EQ(outcome.status, RTP_NOT_FOUND);
    EXPECT_NE(outcome.message.find("mounts"), std::string::npos) << outcome.message;
    EXPECT_NE(outcome.message.find("/no/such/source"), std::string::npos) << outcome.message;
    EXPECT_TRUE(nothing_is_left());
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was left";
}

TEST_F(Life, ADeadlineThatHasPassedEndsTheCreation) {
    call_.deadline_ns = 1;
    EXPECT_EQ(create().status, RTP_DEADLINE_EXCEEDED);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, CancellingEndsTheCreation) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    call_.cancel_fd = ends[0];
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    EXPECT_EQ(create().status, RTP_CANCELLED);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Life, AFifoInPlaceOfPasswdDoesNotHoldUpTheStart) {
    fs::remove(rootfs() / "etc/passwd");
    ASSERT_EQ(::mkfifo((rootfs() / "etc/passwd").c_str(), 0644), 0);
    EXPECT_EQ(run_shell("true").exit_code, 0);
}

TEST_F(Life, ManyRoundsLeakNoDescriptor) {
    const auto open_descriptors = [] {
        return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
    };
    EXPECT_EQ(run().status, RTP_OK);
    const auto before = open_descriptors();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(run().status, RTP_OK);
    EXPECT_EQ(open_descriptors(), before);
}

struct BadConfig {
    const char* pointer;
    nlohmann::json value;
    rtp_status status;
};

TEST_F(Life, BadConfigsAreRefusedByNameAndLeaveNothing) {
    const nlohmann::json good = config_;
    const BadConfig bad[] = {
        {"/ociVersion", "2.0", RTP_INVALID_ARGUMENT},
        {"/process/args", nlohmann::json::array(), RTP_INVALID_ARGUMENT},
        {"/process/cwd", "relative", RTP_INVALID_ARGUMENT},
        {"/process/capabilities/bounding", {"CAP_FLY"}, RTP_INVALID_ARGUMENT},
        {"/process/ioPriority", {{"class", "IOPRIO_CLASS_BE"}}, RTP_UNSUPPORTED},
        {"/process/rlimits", {{{"type", "RLIMIT_X"}, {"soft", 1}, {"hard", 1}}}, RTP_INVALID_ARGUMENT},
        {"/linux/personality", {{"domain", "LINUX32"}}, RTP_UNSUPPORTED},
        {"/linux/intelRdt", {{"closID", "x"}}, RTP_UNSUPPORTED},
        {"/linux/cgroupsPath", "system.slice:rt:x", RTP_UNSUPPORTED},
        {"/linux/cgroupsPath", "/../x", RTP_INVALID_ARGUMENT},
        {"/linux/sysctl", {{"kernel.panic", "1"}}, RTP_INVALID_ARGUMENT},
        {"/linux/rootfsPropagation", "sideways", RTP_INVALID_ARGUMENT},
        {"/linux/uidMappings", {{{"containerID", 0}, {"hostID", 1}, {"size", 1}}}, RTP_INVALID_ARGUMENT},
        {"/hooks", {{"prestart", {{{"path", "/x"}}}}}, RTP_UNSUPPORTED},
        {"/root/path", "missing", RTP_NOT_FOUND},
        {"/process/user/username", "nobody-here", RTP_NOT_FOUND},
        {"/process/user/username", "root:no-such-group", RTP_NOT_FOUND},
        {"/annotations/io.rt.seccomp", "other", RTP_INVALID_ARGUMENT},
        {"/mounts/1/options", {"idmap"}, RTP_UNSUPPORTED},
        {"/mounts/1/options", {"no-such-option=1"}, RTP_INVALID_ARGUMENT},
        {"/linux/resources/memory/limit", "much", RTP_INVALID_ARGUMENT},
        {"/linux/resources/pids/limit", 1e30, RTP_INVALID_ARGUMENT},
    };
    for (const auto& [pointer, value, status] : bad) {
        config_ = good;
        config_[nlohmann::json::json_pointer(pointer)] = value;
        const Outcome outcome = create();
        EXPECT_EQ(outcome.status, status) << pointer << " = " << value << ": " << outcome.message;
        EXPECT_TRUE(nothing_is_left()) << pointer;
    }
    config_ = good;
}

} // namespace
} // namespace rt::test
