// SPDX-License-Identifier: Apache-2.0
#include "core/base/child_process.hpp"

#include "core/base/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using rt::ChildProcess;

struct Pipe {
    rt::UniqueFd read, write;
    Pipe() {
        int fds[2];
        EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
        read = rt::UniqueFd(fds[0]);
        write = rt::UniqueFd(fds[1]);
    }
    std::string drain() {
        write.reset();
        std::string text;
        char buffer[4096];
        for (ssize_t count = 0; (count = ::read(read.get(), buffer, sizeof buffer)) > 0;)
            text.append(buffer, static_cast<std::size_t>(count));
        return text;
    }
};

TEST(ChildProcess, GetsItsArgumentsEnvironmentAndDescriptorsAndNothingElse) {
    Pipe pipe;
    const rt::UniqueFd leaked(::open("/dev/null", O_RDONLY)); // not close-on-exec
    auto child = ChildProcess::start({"/bin/sh", "-c", "echo $X; exec ls /proc/self/fd"},
                                     {"X=hello", "PATH=/bin:/usr/bin"}, {{pipe.write.get(), 1}});
    ASSERT_TRUE(child);
    EXPECT_EQ(pipe.drain(), "hello\n0\n1\n2\n3\n"); // 3: the directory that ls reads
    EXPECT_EQ(WEXITSTATUS(*child->wait()), 0);
}

TEST(ChildProcess, SwapsDescriptorsThatAreEachOthersNumbers) {
    Pipe a;
    Pipe b;
    const int x = a.write.get();
    const int y = b.write.get();
    auto child = ChildProcess::start({"/bin/bash", "-c", rt::cat("echo to-b >&", x, "; echo to-a >&", y)}, {},
                                     {{y, x}, {x, y}});
    ASSERT_TRUE(child);
    EXPECT_EQ(b.drain(), "to-b\n");
    EXPECT_EQ(a.drain(), "to-a\n");
    EXPECT_TRUE(child->wait());
}

TEST(ChildProcess, ReportsAProgramThatIsNotThere) {
    const auto child = ChildProcess::start({"/nonexistent/program"}, {}, {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code, rt::Code::not_found);
}

TEST(ChildProcess, IsKilledAndReapedByTheDestructor) {
    pid_t pid = 0;
    {
        const auto child = ChildProcess::start({"/bin/sleep", "1000"}, {}, {});
        ASSERT_TRUE(child);
        pid = child->pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::kill(pid, 0), -1);
}

} // namespace
