// SPDX-License-Identifier: Apache-2.0
#include "core/base/descriptor_limit.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

rlim_t limit_of(pid_t process) {
    rlimit limit{};
    EXPECT_EQ(::prlimit(process, RLIMIT_NOFILE, nullptr, &limit), 0);
    return limit.rlim_cur;
}

TEST(DescriptorLimit, IsRaisedForUsAndNotForChildren) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit few{before.rlim_max / 2, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    rt::raise_descriptor_limit();
    EXPECT_EQ(limit_of(0), before.rlim_max);
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    EXPECT_EQ(limit_of(child), before.rlim_max);
    rt::restore_descriptor_limit(child);
    EXPECT_EQ(limit_of(child), few.rlim_cur);
    EXPECT_EQ(limit_of(0), before.rlim_max);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

} // namespace
