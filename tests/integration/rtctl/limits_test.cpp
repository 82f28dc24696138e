// SPDX-License-Identifier: Apache-2.0
#include "with_busybox.hpp"

#include <fstream>
#include <sstream>

namespace {

using testing::HasSubstr;

TEST_F(WithBusybox, CapabilitiesAreDockersAndChangeAsAskedFor) {
    const std::string line = "grep CapEff /proc/self/status";
    EXPECT_THAT(sh(line).out, HasSubstr("00000000a80425fb"));
    EXPECT_THAT(sh(line, {"--cap-drop", "ALL"}).out, HasSubstr("0000000000000000"));
    EXPECT_THAT(sh(line, {"--cap-drop", "ALL", "--cap-add", "NET_ADMIN"}).out, HasSubstr("0000000000001000"));
    EXPECT_THAT(sh("ip link set lo mtu 1400").err, HasSubstr("not permitted"));
    EXPECT_EQ(sh("ip link set lo mtu 1400", {"--cap-add", "NET_ADMIN"}).exit_code, 0);
}

TEST_F(WithBusybox, SeccompFiltersAndMountIsRefused) {
    EXPECT_THAT(sh("grep Seccomp: /proc/self/status").out, HasSubstr("2"));
    EXPECT_NE(sh("mount -t tmpfs none /tmp").exit_code, 0);
}

TEST_F(WithBusybox, WhatIsToBeHiddenIsHidden) {
    EXPECT_EQ(sh("wc -c < /proc/keys").out, "0\n");
    EXPECT_NE(sh("echo 1 > /proc/sys/kernel/panic").exit_code, 0);
    EXPECT_NE(sh("touch /sys/x").exit_code, 0);
    EXPECT_EQ(sh("ls /sys/firmware").out, "");
}

TEST_F(WithBusybox, ProcessesAreLimited) {
    const auto outcome = sh("for i in $(seq 1 40); do sleep 5 & done; wait", {"--pids-limit", "10"});
    EXPECT_THAT(outcome.err, HasSubstr("fork"));
}

TEST_F(WithBusybox, MemoryIsLimited) {
    // busybox dd holds one block in memory.
    EXPECT_EQ(sh("dd if=/dev/zero of=/dev/null bs=8M count=1", {"-m", "64m"}).exit_code, 0);
    const auto outcome = sh("dd if=/dev/zero of=/dev/null bs=200M count=1; echo $?", {"-m", "32m"});
    EXPECT_EQ(outcome.out.find("0\n"), std::string::npos) << outcome.out << outcome.err;
}

TEST_F(WithBusybox, OnlyTheContainersOwnProcessesAndDescriptorsAreSeen) {
    EXPECT_EQ(sh("echo $$").out, "1\n");
    EXPECT_EQ(sh("ls /proc/self/fd").out, "0\n1\n2\n3\n"); // 3: the directory that ls reads
    EXPECT_EQ(
        sh("ls /dev").out,
        "core\nfd\nfull\nmqueue\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n");
}

} // namespace
