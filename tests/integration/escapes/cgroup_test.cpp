// SPDX-License-Identifier: Apache-2.0
// CVE-2022-0492: what is in release_agent of a cgroup v1 hierarchy is executed by the kernel on the host.
#include "escapes/escapes.hpp"

namespace {

using rt::test::Outcome;
using testing::HasSubstr;
using testing::Not;

class ReleaseAgent : public Escapes {
protected:
    static void expect_closed(const Outcome& outcome) {
        EXPECT_THAT(outcome.out, HasSubstr("end\n")) << outcome.err;
        EXPECT_THAT(outcome.out, Not(HasSubstr("writable")));
    }
};

TEST_F(ReleaseAgent, IsOutOfReach) {
    const Outcome outcome = attack({}, {"/attack/release_agent"});
    expect_closed(outcome);
    EXPECT_THAT(outcome.out, Not(HasSubstr("mounted")));
}

TEST_F(ReleaseAgent, IsOutOfReachOfAUserNamespace) {
    const Outcome outcome = attack({}, {"/attack/release_agent", "user"});
    expect_closed(outcome);
    EXPECT_THAT(outcome.out, HasSubstr("unshare: ")); // the filter refuses that already
}

TEST_F(ReleaseAgent, IsOutOfReachWithoutTheFilter) {
    expect_closed(attack({"--security-opt", "seccomp=unconfined"}, {"/attack/release_agent", "user"}));
}

// The cgroup namespace makes the container's own cgroup the root of what it can mount.
TEST_F(ReleaseAgent, IsOutOfReachOfWhoMayMount) {
    const Outcome outcome = attack({"--cap-add", "SYS_ADMIN"}, {"/attack/release_agent"});
    expect_closed(outcome);
    EXPECT_THAT(outcome.out, Not(HasSubstr("there is")));
}

} // namespace
