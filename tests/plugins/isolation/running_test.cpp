// SPDX-License-Identifier: Apache-2.0
// What is done to a container that runs: the optional interfaces freeze, stats, update and processes.
#include "container_fixture.hpp"
#include "support/patience.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace rt::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Running : public ContainerTest {
protected:
    Outcome pause() { return call<&rtp_isolation_freeze_v1::pause>(RTP_ISOLATION_FREEZE_V1); }
    Outcome resume() { return call<&rtp_isolation_freeze_v1::resume>(RTP_ISOLATION_FREEZE_V1); }
    Outcome update(const json& resources) {
        const std::string text = resources.dump();
        return call<&rtp_isolation_update_v1::update>(RTP_ISOLATION_UPDATE_V1, text.c_str());
    }
    json stats() {
        std::string text;
        const rtp_sink sink = sink_to(text);
        const Outcome outcome = call<&rtp_isolation_stats_v1::stats>(RTP_ISOLATION_STATS_V1, &sink);
        EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
        return json::parse(text);
    }
    std::vector<int> processes() {
        std::vector<int> out;
        const rtp_pid_sink sink{&out, [](void* context, std::int32_t pid) noexcept {
                                    static_cast<std::vector<int>*>(context)->push_back(pid);
                                }};
        const auto outcome = call<&rtp_isolation_processes_v1::processes>(RTP_ISOLATION_PROCESSES_V1, &sink);
        EXPECT_EQ(outcome.status, RTP_OK) << outcome.message;
        return out;
    }

    // Runs the script and waits until it has said something.
    void begin(const std::string& script) {
        config_["process"]["args"] = {"sh", "-c", script};
        const Outcome created = create();
        ASSERT_EQ(created.status, RTP_OK) << created.message;
        ASSERT_EQ(start().status, RTP_OK);
        wait_for_output();
    }
    void wait_for_output() const {
        char letter = 0;
        ASSERT_TRUE(is_readable(output_, std::chrono::seconds(10)));
        ASSERT_EQ(::read(output_, &letter, 1), 1);
    }
    void drop_output() const {
        char buffer[65536];
        pollfd ready{output_, POLLIN, 0};
        while (::poll(&ready, 1, 0) == 1 && ::read(output_, buffer, sizeof buffer) > 0) {
        }
    }
    // Says something all the time.
    static constexpr const char* kTalks = "while :; do echo x; sleep 0.01; done";

private:
    template <auto Function, class Table, class... Arguments>
    Outcome call_table(const Table& table, Arguments... arguments) {
        rtp_error error{};
        const rtp_status status =
            (table.*Function)(host_->self(), &call_, name_.c_str(), arguments..., &error);
        return {status, status == RTP_OK ? "" : error.message, -1, ""};
    }
    template <class Table, class Member>
    static Table table_of(Member Table::*);

    template <auto Function, class... Arguments>
    Outcome call(const char* interface_id, Arguments... arguments) {
        using Table = decltype(table_of(Function));
        return call_table<Function>(host_->table<Table>(interface_id), arguments...);
    }
};

TEST_F(Running, APausedContainerStandsStillUntilItIsResumed) {
    begin(kTalks);
    const Outcome paused = pause();
    ASSERT_EQ(paused.status, RTP_OK) << paused.message;
    drop_output();
    pollfd ready{output_, POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 200), 0) << "it still writes";
    EXPECT_EQ(pause().status, RTP_FAILED_PRECONDITION);
    EXPECT_EQ(resume().status, RTP_OK);
    wait_for_output();
    EXPECT_EQ(resume().status, RTP_FAILED_PRECONDITION);
}

TEST_F(Running, OnlyWhatRunsIsPaused) {
    EXPECT_EQ(pause().status, RTP_NOT_FOUND);
    ASSERT_EQ(create().status, RTP_OK);
    EXPECT_EQ(pause().status, RTP_FAILED_PRECONDITION) << "not started";
    ASSERT_EQ(start().status, RTP_OK);
    wait();
    EXPECT_EQ(pause().status, RTP_FAILED_PRECONDITION) << "ended";
}

TEST_F(Running, ExecIntoAPausedContainerIsRefusedAndWorksAfterwards) {
    begin(kTalks);
    ASSERT_EQ(pause().status, RTP_OK);
    const Outcome refused = exec_shell("echo no");
    EXPECT_EQ(refused.status, RTP_FAILED_PRECONDITION);
    EXPECT_THAT(refused.message, HasSubstr("paused"));
    ASSERT_EQ(resume().status, RTP_OK);
    EXPECT_EQ(exec_shell("echo yes").output, "yes\n");
}

TEST_F(Running, APausedContainerCanBeKilled) {
    begin(kTalks);
    ASSERT_EQ(pause().status, RTP_OK);
    ASSERT_EQ(signal(SIGKILL).status, RTP_OK);
    EXPECT_EQ(wait().exit_code, 128 + SIGKILL);
}

TEST_F(Running, APausedContainerKeepsOtherSignalsUntilItIsResumed) {
    begin("trap 'exit 42' TERM; echo; while :; do sleep 0.01; done");
    ASSERT_EQ(pause().status, RTP_OK);
    ASSERT_EQ(signal(SIGTERM).status, RTP_OK);
    pollfd ended{process_.pidfd, POLLIN, 0};
    EXPECT_EQ(::poll(&ended, 1, 100), 0);
    ASSERT_EQ(resume().status, RTP_OK);
    EXPECT_EQ(wait().exit_code, 42);
}

TEST_F(Running, APausedContainerIsDestroyedAlsoByAnotherInstance) {
    begin(kTalks);
    ASSERT_EQ(pause().status, RTP_OK);
    host_ = another_instance();
    const Outcome ended = destroy();
    EXPECT_EQ(ended.status, RTP_OK) << ended.message;
    EXPECT_EQ(wait().exit_code, 128 + SIGKILL);
    EXPECT_TRUE(nothing_is_left());
}

TEST_F(Running, ProcessesAreThoseOfTheContainerSeenFromOutside) {
    begin("sleep 1000 & echo; wait");
    const auto pids = processes();
    ASSERT_EQ(pids.size(), 2U);
    EXPECT_THAT(pids, Contains(process_.pid));
    EXPECT_TRUE(std::ranges::is_sorted(pids));
    const int child = pids[0] == process_.pid ? pids[1] : pids[0];
    wait_until([&] { return read_process(child, "cmdline").starts_with("sleep"); });
    ASSERT_EQ(signal(SIGKILL).status, RTP_OK);
    wait();
    EXPECT_THAT(processes(), IsEmpty());
}

TEST_F(Running, StatsTellWhatIsUsed) {
    config_["linux"]["resources"]["memory"]["limit"] = 256 << 20;
    config_["linux"]["resources"]["pids"]["limit"] = 33;
    begin("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo; sleep 1000");
    const json all = stats();
    EXPECT_GT(all.at("cpu").at("usage_ns").get<std::uint64_t>(), 1000000U);
    EXPECT_TRUE(all["cpu"].contains("user_ns") && all["cpu"].contains("system_ns")) << all;
    EXPECT_GT(all.at("memory").at("usage").get<std::uint64_t>(), 0U);
    EXPECT_EQ(all["memory"].at("limit").get<std::uint64_t>(), 256U << 20);
    EXPECT_EQ(all["memory"].at("oom_kills").get<int>(), 0);
    EXPECT_FALSE(all["memory"].at("stats").empty());
    EXPECT_EQ(all.at("pids").at("limit").get<int>(), 33);
    EXPECT_EQ(all["pids"].at("current").get<std::size_t>(), processes().size());
    EXPECT_TRUE(all.at("blkio").at("io_serviced").is_array());
    EXPECT_TRUE(all.at("cgroup_version") == 1 || all["cgroup_version"] == 2);
}

TEST_F(Running, StatsCountWhatTheKernelKilledForWantOfMemory) {
    config_["linux"]["resources"]["memory"] = {{"limit", 16 << 20}, {"swap", 16 << 20}};
    begin("dd if=/dev/zero of=/dev/null bs=64M count=1; echo; sleep 1000");
    wait_until([&] { return stats()["memory"]["oom_kills"].get<int>() > 0; });
    EXPECT_EQ(stats()["memory"]["oom_kills"].get<int>(), 1);
}

TEST_F(Running, LimitsAreRaisedAndLowered) {
    config_["linux"]["resources"]["memory"] = {{"limit", 64 << 20}, {"swap", 64 << 20}};
    begin("echo; sleep 1000");
    for (const int megabytes : {256, 32, 128}) {
        const Outcome changed = update({{"memory", {{"limit", megabytes << 20}, {"swap", megabytes << 20}}}});
        ASSERT_EQ(changed.status, RTP_OK) << changed.message;
        EXPECT_EQ(stats()["memory"]["limit"].get<int>(), megabytes << 20);
    }
    ASSERT_EQ(update({{"pids", {{"limit", 7}}}}).status, RTP_OK);
    EXPECT_EQ(stats()["pids"]["limit"].get<int>(), 7);
    EXPECT_EQ(stats()["memory"]["limit"].get<int>(), 128 << 20) << "what is not given stays";
    ASSERT_EQ(update({{"pids", {{"limit", -1}}}}).status, RTP_OK);
    EXPECT_EQ(stats()["pids"]["limit"].get<std::uint64_t>(), ~std::uint64_t{0});
    ASSERT_EQ(update({{"cpu", {{"quota", 50000}, {"period", 100000}, {"shares", 512}}}}).status, RTP_OK);
    if (!fs::exists("/sys/fs/cgroup/cgroup.controllers")) {
        EXPECT_EQ(cgroup_file("cpu", "cpu.cfs_quota_us"), "50000\n");
        EXPECT_EQ(cgroup_file("cpu", "cpu.shares"), "512\n");
    } else {
        EXPECT_EQ(cgroup_file("cpu", "cpu.max"), "50000 100000\n");
    }
}

TEST_F(Running, AMemoryLimitBelowWhatIsInUseIsRefusedWithTheUse) {
    config_["mounts"].push_back({{"destination", "/tmp"}, {"type", "tmpfs"}, {"source", "tmpfs"}});
    config_["linux"]["resources"]["memory"] = {{"limit", 128 << 20}, {"swap", 128 << 20}};
    begin("dd if=/dev/zero of=/tmp/held bs=1M count=32 2>/dev/null; echo; sleep 1000");
    const Outcome refused = update({{"memory", {{"limit", 8 << 20}}}});
    EXPECT_EQ(refused.status, RTP_FAILED_PRECONDITION);
    EXPECT_THAT(refused.message, HasSubstr("bytes are in use"));
    EXPECT_EQ(stats()["memory"]["limit"].get<int>(), 128 << 20);
}

TEST_F(Running, AnUpdateThatFailsLeavesEveryLimitAsItWas) {
    config_["linux"]["resources"]["memory"] = {{"limit", 128 << 20}, {"swap", 128 << 20}};
    config_["linux"]["resources"]["pids"]["limit"] = 33;
    begin("echo; sleep 1000");
    const Outcome refused = update({{"memory", {{"limit", 64 << 20}, {"swap", 64 << 20}}},
                                    {"pids", {{"limit", 7}}},
                                    {"cpu", {{"cpus", "4000"}}}}); // there is no such processor
    EXPECT_NE(refused.status, RTP_OK);
    EXPECT_EQ(stats()["memory"]["limit"].get<int>(), 128 << 20);
    EXPECT_EQ(stats()["pids"]["limit"].get<int>(), 33);
    EXPECT_EQ(update({{"cpu", {{"cpus", "0"}}}}).status, RTP_OK) << "what was made for it is no obstacle";
}

TEST_F(Running, WhatCannotBeChangedIsRefused) {
    begin("echo; sleep 1000");
    EXPECT_EQ(update({{"devices", {{{"allow", true}}}}}).status, RTP_UNSUPPORTED);
    EXPECT_EQ(update({{"pids", {{"limit", "many"}}}}).status, RTP_INVALID_ARGUMENT);
    EXPECT_EQ(update({{"memory", {{"limit", 2 << 20}, {"swap", 1 << 20}}}}).status, RTP_INVALID_ARGUMENT);
}

TEST_F(Running, AProcessorIsGivenAlsoWhereNoneWasBefore) {
    begin("echo; sleep 1000");
    const Outcome changed = update({{"cpu", {{"cpus", "0"}}}});
    ASSERT_EQ(changed.status, RTP_OK) << changed.message;
    EXPECT_THAT(read_process(process_.pid, "status"), HasSubstr("Cpus_allowed_list:\t0\n"));
    EXPECT_THAT(exec_shell("grep Cpus_allowed_list /proc/self/status").output, HasSubstr("\t0\n"));
    EXPECT_EQ(destroy().status, RTP_OK);
    wait();
    EXPECT_TRUE(nothing_is_left());
}

} // namespace
} // namespace rt::test
