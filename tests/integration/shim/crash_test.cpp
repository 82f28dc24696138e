// SPDX-License-Identifier: Apache-2.0
// What a crash of the shim leaves behind.
#include "core/shim/run_files.hpp"
#include "integration/shim/shim_fixture.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace rt::test {
namespace {

class ShimCrashTest : public ShimTest {};

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

} // namespace
} // namespace rt::test
