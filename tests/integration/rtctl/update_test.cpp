// SPDX-License-Identifier: Apache-2.0
// rtctl update: limits of containers that run, are paused or stopped, and what is left after a failure.
#include "with_busybox.hpp"

#include <signal.h>

#include <fstream>
#include <sstream>

namespace {

using testing::HasSubstr;

class Update : public WithBusybox {
protected:
    void TearDown() override {
        std::istringstream ids(rtctl_({"ps", "-aq"}).out);
        for (std::string id; std::getline(ids, id);) rtctl_({"rm", "-f", id});
        WithBusybox::TearDown();
    }
    void begin(const std::string& name, std::vector<std::string> options = {},
               const std::string& line = "sleep 1000") {
        std::vector<std::string> words{"run", "-d", "--name", name};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), {"busybox", "sh", "-c", line});
        const auto begun = rtctl_(words);
        ASSERT_EQ(begun.exit_code, 0) << begun.err;
    }
    // Of the container's cgroup, whatever the host has: the first of the files that is there.
    std::string limit(const std::string& name, const std::vector<std::string>& files) const {
        std::string id = rtctl_({"inspect", "-f", "{{.Id}}", name}).out;
        id.pop_back();
        const auto parent = rtctl_.directory().path().filename();
        for (const auto& directory : rt::test::cgroup_directories("/sys/fs/cgroup", parent))
            for (const std::string& file : files)
                if (std::ifstream in(directory / id / file); in) {
                    std::string line;
                    std::getline(in, line);
                    return line;
                }
        return "";
    }
    std::string memory(const std::string& name) const {
        return limit(name, {"memory.limit_in_bytes", "memory.max"});
    }
    std::string pids(const std::string& name) const { return limit(name, {"pids.max"}); }
    std::string recorded(const std::string& name, const std::string& field) const {
        std::string line = rtctl_({"inspect", "-f", "{{.HostConfig." + field + "}}", name}).out;
        line.pop_back();
        return line;
    }
    rt::test::Outcome update(std::vector<std::string> words) const {
        words.insert(words.begin(), "update");
        return rtctl_(words);
    }
};

TEST_F(Update, HoldsAtOnceAndAfterTheNextStart) {
    begin("box", {"-m", "64m", "--pids-limit", "20"});
    const auto updated = update({"-m", "32m", "--memory-swap", "32m", "--pids-limit", "30", "box"});
    EXPECT_EQ(updated.exit_code, 0) << updated.err;
    EXPECT_EQ(updated.out, "box\n");
    EXPECT_EQ(memory("box"), "33554432");
    EXPECT_EQ(pids("box"), "30");
    EXPECT_EQ(recorded("box", "Memory"), "33554432");
    ASSERT_EQ(rtctl_({"restart", "-t", "0", "box"}).exit_code, 0);
    EXPECT_EQ(memory("box"), "33554432");
    EXPECT_EQ(pids("box"), "30");
    EXPECT_EQ(update({"--pids-limit", "-1", "box"}).exit_code, 0);
    EXPECT_EQ(pids("box"), "max");
}

TEST_F(Update, WorksOnPausedAndStoppedContainers) {
    begin("box", {"--pids-limit", "20"});
    ASSERT_EQ(rtctl_({"pause", "box"}).exit_code, 0);
    EXPECT_EQ(update({"--pids-limit", "21", "--cpus", "0.5", "box"}).exit_code, 0);
    EXPECT_EQ(pids("box"), "21");
    EXPECT_THAT(limit("box", {"cpu.cfs_quota_us", "cpu.max"}), testing::StartsWith("50000"));
    ASSERT_EQ(rtctl_({"unpause", "box"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "box"}).exit_code, 0);
    EXPECT_EQ(update({"--pids-limit", "22", "box"}).exit_code, 0);
    EXPECT_EQ(recorded("box", "PidsLimit"), "22");
    ASSERT_EQ(rtctl_({"start", "box"}).exit_code, 0);
    EXPECT_EQ(pids("box"), "22");
    EXPECT_THAT(limit("box", {"cpu.cfs_quota_us", "cpu.max"}), testing::StartsWith("50000"));
}

TEST_F(Update, ALimitBelowWhatIsInUseChangesNothing) {
    begin("box", {"-m", "64m", "--memory-swap", "64m", "--pids-limit", "20", "--tmpfs", "/held"},
          "dd if=/dev/zero of=/held/x bs=1M count=24 2>/dev/null; echo filled; sleep 1000");
    ASSERT_TRUE(rt::test::eventually([&] { return rtctl_({"logs", "box"}).out == "filled\n"; }));
    const auto refused = update({"-m", "8m", "--memory-swap", "8m", "--pids-limit", "9", "box"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("cannot update container 'box'"));
    EXPECT_THAT(refused.err, HasSubstr("bytes are in use"));
    EXPECT_EQ(memory("box"), "67108864");
    EXPECT_EQ(pids("box"), "20");
    EXPECT_EQ(recorded("box", "Memory"), "67108864");
    EXPECT_EQ(recorded("box", "PidsLimit"), "20");
}

TEST_F(Update, WhatTheKernelRefusesLeavesTheOldValuesEverywhere) {
    begin("box", {"--pids-limit", "20", "--cpu-shares", "512", "-m", "64m"});
    const std::string shares = limit("box", {"cpu.shares", "cpu.weight"});
    // More real time than there is to give; everything before it has been written by then, or is not.
    const auto refused = update({"--pids-limit", "9", "--cpu-shares", "700", "-m", "32m", "--memory-swap",
                                 "40m", "--cpu-rt-period", "1000000", "--cpu-rt-runtime", "950000", "box"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
    EXPECT_EQ(pids("box"), "20");
    EXPECT_EQ(limit("box", {"cpu.shares", "cpu.weight"}), shares);
    EXPECT_EQ(memory("box"), "67108864");
    EXPECT_EQ(recorded("box", "CpuShares"), "512");
    EXPECT_EQ(recorded("box", "CpuRealtimeRuntime"), "0");
    EXPECT_EQ(update({"--cpuset-cpus", "0", "box"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"exec", "box", "grep", "Cpus_allowed_list", "/proc/self/status"}).out,
              "Cpus_allowed_list:\t0\n");
}

TEST_F(Update, WhatTheHostDoesNotHaveIsRefusedAsByRun) {
    begin("box", {});
    const auto cpus = update({"--cpus", "5000", "box"});
    EXPECT_EQ(cpus.exit_code, 1);
    EXPECT_THAT(cpus.err, HasSubstr("range of CPUs is from 0.01 to"));
    EXPECT_THAT(update({"--cpuset-cpus", "4000", "box"}).err, HasSubstr("Requested CPUs are not available"));
    EXPECT_EQ(recorded("box", "CpusetCpus"), "");
}

TEST_F(Update, ConflictsAreDockers) {
    begin("box", {"-m", "64m", "--cpus", "1"});
    for (const auto& [words, text] :
         {std::pair<std::vector<std::string>, std::string>{{"-m", "200m", "box"},
                                                           "already set memoryswap limit"},
          {{"--cpu-quota", "50000", "box"}, "CPU Quota cannot be updated as NanoCPUs has already been set"},
          {{"--cpu-period", "50000", "box"},
           "CPU Period cannot be updated as NanoCPUs has already been set"}}) {
        const auto refused = update(words);
        EXPECT_EQ(refused.exit_code, 1) << text;
        EXPECT_THAT(refused.err, HasSubstr(text));
    }
    EXPECT_EQ(update({"box"}).exit_code, 1);
    EXPECT_EQ(update({"-m", "1m", "box"}).exit_code, 1);
    const auto some = update({"--pids-limit", "5", "nobody", "box"});
    EXPECT_EQ(some.exit_code, 1);
    EXPECT_EQ(some.out, "box\n") << "the others are done all the same";
}

TEST_F(Update, ARestartPolicyHoldsForTheNextEnd) {
    begin("box", {}, "echo run; sleep 1000");
    ASSERT_EQ(update({"--restart", "on-failure:1", "box"}).exit_code, 0);
    EXPECT_EQ(recorded("box", "RestartPolicy.Name"), "on-failure");
    std::string pid = rtctl_({"inspect", "-f", "{{.State.Pid}}", "box"}).out;
    ASSERT_EQ(::kill(std::stoi(pid), SIGKILL), 0);
    EXPECT_TRUE(rt::test::eventually([&] { return rtctl_({"logs", "box"}).out == "run\nrun\n"; }));
    begin("gone", {"--rm"});
    EXPECT_THAT(update({"--restart", "always", "gone"}).err, HasSubstr("AutoRemove is enabled"));
}

} // namespace
