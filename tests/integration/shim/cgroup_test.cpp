// SPDX-License-Identifier: Apache-2.0
// A shim is no part of the unit that happened to start it.
#include "core/base/child_process.hpp"
#include "core/shim/shim_cgroup.hpp"
#include "support/temp_dir.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using rt::ChildProcess;
using rt::UniqueFd;

class ShimCgroup : public testing::Test {
protected:
    ShimCgroup() : parent_("/" + temp_.path().filename().native()) {
        for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
            if (fs::exists(fs::path(mount) / "cgroup.procs") && !fs::exists(fs::path(mount) / "tasks"))
                hierarchy_ = mount;
    }
    ~ShimCgroup() override {
        std::error_code ignored;
        fs::remove(place() / "shims", ignored);
        fs::remove(place(), ignored);
    }
    void SetUp() override {
        if (hierarchy_.empty()) GTEST_SKIP() << "this host has no cgroup hierarchy of version 2";
    }
    fs::path place() const { return hierarchy_ / parent_.relative_path(); }
    UniqueFd cgroup() const { return rt::shim_cgroup(parent_, "/sys/fs/cgroup", temp_.path()); }

    // What a program says that is started there.
    static std::string said(const std::vector<std::string>& arguments, int cgroup) {
        int fds[2];
        EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
        const UniqueFd read(fds[0]);
        UniqueFd write(fds[1]);
        auto child =
            ChildProcess::start(arguments, {"X=hello", "PATH=/bin:/usr/bin"}, {{write.get(), 1}}, {}, cgroup);
        EXPECT_TRUE(child) << child.error().message;
        if (!child) return {};
        write.reset();
        std::string text;
        char buffer[4096];
        for (ssize_t count = 0; (count = ::read(read.get(), buffer, sizeof buffer)) > 0;)
            text.append(buffer, static_cast<std::size_t>(count));
        EXPECT_EQ(child->wait(), 0);
        return text;
    }

    rt::test::TempDir temp_;
    fs::path parent_, hierarchy_;
};

TEST_F(ShimCgroup, IsBelowTheParentOfAllContainersAndProcessesAreBornThere) {
    const UniqueFd there = cgroup();
    ASSERT_TRUE(there);
    EXPECT_NE(
        said({"/bin/cat", "/proc/self/cgroup"}, there.get()).find("0::" + parent_.native() + "/shims\n"),
        std::string::npos);
    EXPECT_TRUE(cgroup()) << "the second time";
}

TEST_F(ShimCgroup, IsNotNeededWithoutSystemd) {
    EXPECT_FALSE(rt::shim_cgroup(parent_, "/sys/fs/cgroup", temp_.path() / "missing"));
    EXPECT_FALSE(fs::exists(place()));
}

TEST_F(ShimCgroup, IsNotHadWithoutThatHierarchy) {
    EXPECT_FALSE(rt::shim_cgroup(parent_, temp_.path(), temp_.path()));
    EXPECT_TRUE(fs::is_empty(temp_.path()));
}

TEST_F(ShimCgroup, AProgramThereGetsWhatAnyOtherGets) {
    const UniqueFd there = cgroup();
    ASSERT_TRUE(there);
    const UniqueFd leaked(::open("/dev/null", O_RDONLY)); // not close-on-exec
    ::signal(SIGUSR1, SIG_IGN);
    // SIGUSR1: bit 9 of the 64; libc's own signals are the two above 31.
    const std::string line = "echo $X; while read -r line; do case $line in SigBlk*) echo \"$line\";; esac; "
                             "done </proc/$$/status; sed -n 's/SigIgn:.*\\(....\\)$/\\1/p' /proc/$$/status; "
                             "[ $$ = $(ps -o sid= $$) ] && echo leads; exec ls /proc/self/fd";
    const std::string expected = said({"/bin/sh", "-c", line}, -1);
    EXPECT_NE(expected.find("hello\n"), std::string::npos);
    EXPECT_NE(expected.find("\n0000\n"), std::string::npos) << expected;
    EXPECT_EQ(said({"/bin/sh", "-c", line}, there.get()), expected);
    ::signal(SIGUSR1, SIG_DFL);
}

TEST_F(ShimCgroup, AProgramThatIsNotThereIsToldAndReaped) {
    const UniqueFd there = cgroup();
    ASSERT_TRUE(there);
    const auto child = ChildProcess::start({"/no/such/program"}, {}, {}, {}, there.get());
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().sys_errno, ENOENT);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

} // namespace
