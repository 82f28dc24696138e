// SPDX-License-Identifier: Apache-2.0
// What a crash of the shim leaves behind.
#include "core/base/lock_file.hpp"
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>

namespace rt::test {
namespace {

class ShimCrashTest : public ShimTest {};

#ifndef RT_SANITIZED // which turns the signal into an abort of its own
// A core file would hold what it knows: the environments of containers, with their secrets.
TEST_F(ShimCrashTest, LeavesNoCoreFile) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_CORE, &limit), 0);
    if (limit.rlim_max == 0) GTEST_SKIP() << "this host allows no core file of anybody";
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(::setrlimit(RLIMIT_CORE, &limit), 0);
    ShimContainer container = shell("exec cat"); // which ends with the shim's end of its input
    container.open_stdin = true;
    const ShimClient client = run(container);
    const pid_t pid = shim_pid();
    ASSERT_EQ(::kill(pid, SIGSEGV), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WTERMSIG(status), SIGSEGV);
    EXPECT_FALSE(WCOREDUMP(status));
}
#endif

// Nobody else knows of it, and the next command may be long to come.
TEST_F(ShimCrashTest, TakesTheLockAwayOfALauncherThatDiedBeforeItSaidForWhat) {
    const Path file = directory() / "lock";
    std::optional<LockFile> lock = std::move(*LockFile::acquire(file));
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const int held = ::fcntl(lock->descriptor(), F_DUPFD, 10);
        const int launcher = ::fcntl(ends[1], F_DUPFD, 10);
        ::dup2(launcher, 3);
        ::dup2(held, 4);
        ::close_range(5, ~0U, CLOSE_RANGE_CLOEXEC);
        ::execl(RT_BUILD_DIR "/libexec/rt/rt-shim", "rt-shim", "id", nullptr);
        ::_exit(255);
    }
    ::close(ends[1]);
    lock.reset();
    EXPECT_FALSE(*LockFile::try_acquire(file)) << "the shim has it as well";
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_FALSE(std::filesystem::exists(file));
}

} // namespace
} // namespace rt::test
