// SPDX-License-Identifier: Apache-2.0
// Containers that share namespaces of another one.
#include "with_busybox.hpp"

#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

constexpr int kRefused = 125;

class Join : public WithBusybox {
protected:
    void start(const std::string& name, std::vector<std::string> options = {}) {
        std::vector<std::string> words{"run", "-d", "--name", name};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sleep", "600"});
        const auto outcome = rtctl_(words);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    json inspect(const std::string& name) { return json::parse(rtctl_({"inspect", name}).out)[0]; }
    std::string exec(const std::string& name, const std::string& line) {
        const auto outcome = rtctl_({"exec", name, "sh", "-c", line});
        return outcome.out + outcome.err;
    }
};

TEST_F(Join, TheNetworkOfAnotherComesWithItsFilesAndName) {
    start("aa", {"--hostname", "first", "--domainname", "lan.test", "--add-host", "db:192.0.2.7"});
    const std::string id = inspect("aa")["Id"];
    const std::string look =
        "readlink /proc/self/ns/net; hostname; cat /proc/sys/kernel/domainname /etc/hosts "
        "/etc/resolv.conf /etc/hostname; ip addr show eth0; echo $HOSTNAME";
    const std::string mine = exec("aa", look);
    EXPECT_THAT(mine, testing::AllOf(HasSubstr("first"), HasSubstr("lan.test"), HasSubstr("192.0.2.7\tdb")));
    for (const std::string& name : {std::string("aa"), id, id.substr(0, 12)})
        EXPECT_EQ(sh(look, {"--network", "container:" + name}).out, mine);
    // By id from then on, and through one that has joined itself.
    start("bb", {"--network", "container:aa"});
    EXPECT_EQ(inspect("bb")["HostConfig"]["NetworkMode"], "container:" + id);
    EXPECT_EQ(rtctl_({"rename", "aa", "other"}).exit_code, 0);
    EXPECT_EQ(sh(look, {"--network", "container:bb"}).out, mine);
    EXPECT_THAT(exec("bb", "echo more >> /etc/hosts"), "");
    EXPECT_THAT(exec("other", "tail -n 1 /etc/hosts"), "more\n");
    EXPECT_EQ(rtctl_({"rm", "-f", "bb", "other"}).exit_code, 0);
}

TEST_F(Join, WhatIsJoinedStaysWhenTheOtherEnds) {
    start("aa", {"-p", "18111:80"});
    start("bb", {"--network", "container:aa"});
    EXPECT_EQ(rtctl_({"ps", "--filter", "name=bb", "--format", "{{.Ports}}"}).out, "\n");
    EXPECT_THAT(exec("bb", "ip addr show eth0"), HasSubstr("10."));
    ASSERT_EQ(rtctl_({"rm", "-f", "aa"}).exit_code, 0);
    EXPECT_EQ(inspect("bb")["State"]["Status"], "running");
    // Its address may be given out again, so its link is gone.
    EXPECT_THAT(exec("bb", "ip addr show eth0"), HasSubstr("can't find device"));
    EXPECT_THAT(exec("bb", "cat /etc/hosts"), HasSubstr("localhost"));
    EXPECT_NE(rtctl_({"restart", "-t", "0", "bb"}).exit_code, 0); // nobody is there to join any more
    EXPECT_THAT(inspect("bb")["State"]["Error"], HasSubstr("No such container"));
    EXPECT_EQ(rtctl_({"rm", "-f", "bb"}).exit_code, 0);
}

TEST_F(Join, WhoIsJoinedHasToRun) {
    ASSERT_EQ(rtctl_({"create", "--name", "aa", "busybox", "sleep", "600"}).exit_code, 0);
    for (const char* option : {"--network", "--pid", "--ipc"}) {
        EXPECT_THAT(sh("true", {option, "container:aa"}).err, HasSubstr("running")) << option;
        EXPECT_EQ(sh("true", {option, "container:aa"}).exit_code, kRefused) << option;
        EXPECT_THAT(sh("true", {option, "container:none-of-it"}).err, HasSubstr("No such container"));
        EXPECT_THAT(sh("true", {"--name", "me", option, "container:me"}).err, HasSubstr("cannot join own"));
    }
    EXPECT_EQ(rtctl_({"create", "--name", "bb", "--network", "container:aa", "busybox", "true"}).exit_code,
              0);
    EXPECT_THAT(rtctl_({"start", "bb"}).err, HasSubstr("cannot join network of a non running container"));
    EXPECT_EQ(rtctl_({"start", "aa"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"start", "bb"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "aa", "bb"}).exit_code, 0);
}

TEST_F(Join, OptionsOfTheOthersNetworkAreRefused) {
    for (const std::vector<std::string>& options : {std::vector<std::string>{"--hostname", "x"},
                                                    {"--dns", "192.0.2.1"},
                                                    {"--add-host", "a:192.0.2.1"},
                                                    {"-p", "18112:80"},
                                                    {"--expose", "80"}}) {
        auto words = options;
        words.insert(words.end(), {"--network", "container:aa"});
        EXPECT_THAT(sh("true", words).err, HasSubstr("conflicting options")) << options.front();
    }
}

TEST_F(Join, ProcessesOfAnotherAreSeenAndEndWithIt) {
    start("aa");
    start("bb", {"--pid", "container:aa"});
    EXPECT_THAT(exec("aa", "ps"), testing::ContainsRegex("sleep 600(.|\n)*sleep 600"));
    EXPECT_EQ(exec("bb", "readlink /proc/self/ns/pid"), exec("aa", "readlink /proc/self/ns/pid"));
    EXPECT_EQ(sh("kill -0 1 && echo seen", {"--pid", "container:aa"}).out, "seen\n");
    EXPECT_EQ(rtctl_({"kill", "aa"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"wait", "bb"}).out, "137\n");
    EXPECT_EQ(rtctl_({"rm", "-f", "aa", "bb"}).exit_code, 0);
}

TEST_F(Join, SharedMemoryIsShareablesOnly) {
    start("aa");
    start("bb", {"--ipc", "shareable", "--shm-size", "3m"});
    EXPECT_THAT(sh("true", {"--ipc", "container:aa"}).err, HasSubstr("non-shareable IPC"));
    EXPECT_THAT(exec("bb", "echo 1 > /dev/shm/x; grep ' /dev/shm ' /proc/mounts"), HasSubstr("size=3072k"));
    start("cc", {"--ipc", "container:bb"});
    EXPECT_EQ(exec("cc", "cat /dev/shm/x; readlink /proc/self/ns/ipc"),
              exec("bb", "cat /dev/shm/x; readlink /proc/self/ns/ipc"));
    EXPECT_EQ(sh("cat /dev/shm/x", {"--ipc", "container:cc"}).out, "1\n");
    // What it has joined does not go with the other.
    EXPECT_EQ(rtctl_({"rm", "-f", "bb"}).exit_code, 0);
    EXPECT_EQ(exec("cc", "cat /dev/shm/x"), "1\n");
    EXPECT_EQ(rtctl_({"rm", "-f", "aa", "cc"}).exit_code, 0);
}

TEST_F(Join, SharedMemoryIsNewWithEachRun) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "aa", "--ipc", "shareable", "--restart", "on-failure:2",
                      "busybox", "sh", "-c", "ls /dev/shm | wc -l; echo > /dev/shm/x; exit 1"})
                  .exit_code,
              0);
    EXPECT_EQ(rtctl_({"wait", "aa"}).out, "1\n");
    EXPECT_EQ(rtctl_({"logs", "aa"}).out, "0\n0\n0\n");
    EXPECT_EQ(rtctl_({"rm", "aa"}).exit_code, 0);
}

TEST_F(Join, ARestartPolicyJoinsAgain) {
    start("aa");
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "bb", "--network", "container:aa", "--pid", "container:aa",
                "--restart", "on-failure:2", "busybox", "sh", "-c", "readlink /proc/self/ns/net; exit 1"})
            .exit_code,
        0);
    EXPECT_EQ(rtctl_({"wait", "bb"}).out, "1\n");
    const std::string net = exec("aa", "readlink /proc/self/ns/net");
    EXPECT_EQ(rtctl_({"logs", "bb"}).out, net + net + net);
    EXPECT_EQ(rtctl_({"rm", "-f", "aa", "bb"}).exit_code, 0);
}

} // namespace
