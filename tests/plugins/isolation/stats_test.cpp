// SPDX-License-Identifier: Apache-2.0
// Statistics and changes of limits on directories with the kernel's files: without root, for v1 and v2.
#include "cgroup_stats.hpp"
#include "cgroup_update.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>

#include <filesystem>

namespace rt::namespaces {
namespace {

using nlohmann::json;
using test::read_file;
using test::TempDir;
using test::write_file;

class CgroupFiles : public testing::Test {
protected:
    void put(const std::string& file, const std::string& text) { write_file(directory_ / file, text); }
    [[nodiscard]] std::string get(const std::string& file) const { return read_file(directory_ / file); }
    json stats(CgroupKind kind, const Hierarchy& hierarchy) {
        const auto text = read_stats(kind, {{&hierarchy, directory_.path().string()}});
        EXPECT_TRUE(text);
        return text ? json::parse(*text) : json();
    }
    LimitTarget target() {
        fd_.reset(::open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return {fd_.get(), directory_.path().string(), [](const std::string&) {}};
    }
    TempDir directory_;
    UniqueFd fd_;
};

TEST_F(CgroupFiles, StatsOfV2AreConverted) {
    put("cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\n"
                    "throttled_usec 2\n");
    put("memory.current", "4096\n");
    put("memory.max", "max\n");
    put("memory.events", "low 0\nhigh 0\nmax 5\noom 1\noom_kill 2\n");
    put("memory.stat", "anon 1\nfile 2\n");
    put("io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n");
    put("hugetlb.2MB.current", "0\n");
    put("hugetlb.2MB.rsvd.current", "0\n");
    put("hugetlb.2MB.max", "2097152\n");
    const json all = stats(CgroupKind::v2, {true, "", {}});
    EXPECT_EQ(all["cpu"], json::parse(R"({"usage_ns": 30000, "user_ns": 20000, "system_ns": 10000,
        "throttling": {"periods": 4, "throttled_periods": 3, "throttled_ns": 2000}})"));
    EXPECT_EQ(all["memory"], json::parse(R"({"usage": 4096, "limit": 18446744073709551615, "failcnt": 5,
        "oom_kills": 2, "stats": {"anon": 1, "file": 2}})"));
    EXPECT_EQ(all["blkio"]["io_serviced"][1],
              json::parse(R"({"major": 8, "minor": 0, "op": "Write", "value": 4})"));
    EXPECT_EQ(all["hugetlb"], json::parse(R"({"2MB": {"usage": 0, "limit": 2097152}})"));
    EXPECT_FALSE(all.contains("pids")) << "a controller that is not there";
    EXPECT_EQ(all["cgroup_version"], 2);
}

TEST_F(CgroupFiles, StatsOfV1ComeFromEachHierarchy) {
    put("cpuacct.usage", "30\n");
    put("cpuacct.usage_percpu", "10 20 \n");
    put("memory.usage_in_bytes", "7\n");
    put("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    put("blkio.throttle.io_serviced", "8:0 Read 5\n8:0 Total 5\nTotal 5\n");
    const json all = stats(CgroupKind::v1, {false, "", {"cpuacct", "memory", "blkio"}});
    EXPECT_EQ(all["cpu"], json::parse(R"({"usage_ns": 30, "percpu_ns": [10, 20]})"));
    EXPECT_EQ(all["memory"]["oom_kills"], 3);
    EXPECT_EQ(all["blkio"]["io_serviced"].size(), 2U);
    EXPECT_EQ(all["cgroup_version"], 1);
}

TEST_F(CgroupFiles, V2KeepsTheHalfOfCpuMaxThatIsNotGiven) {
    put("cpu.max", "20000 50000\n");
    Resources resources;
    resources.cpu.quota = 30000;
    ASSERT_TRUE(update_v2_limits(target(), resources));
    EXPECT_EQ(get("cpu.max"), "30000 50000\n");
    resources = {};
    resources.cpu.period = 80000;
    put("cpu.max", "max 50000");
    ASSERT_TRUE(update_v2_limits(target(), resources));
    EXPECT_EQ(get("cpu.max"), "max 80000");
}

TEST_F(CgroupFiles, V2MemoryThatCanBeDroppedIsNotInUse) {
    put("memory.current", "1000\n");
    put("memory.stat", "anon 100\ninactive_file 500\nactive_file 300\nslab_reclaimable 50\n");
    put("memory.max", "");
    Resources resources;
    resources.memory.limit = 140;
    const auto refused = update_v2_limits(target(), resources);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find("150 bytes are in use"), std::string::npos);
    EXPECT_EQ(get("memory.max"), "");
    resources.memory.limit = 160;
    ASSERT_TRUE(update_v2_limits(target(), resources));
    EXPECT_EQ(get("memory.max"), "160");
}

TEST_F(CgroupFiles, V2SwapIsCountedFromTheMemoryLimitInForce) {
    put("memory.max", "100");
    put("memory.current", "10\n");
    put("memory.stat", "anon 10\n");
    put("memory.swap.max", "max");
    Resources resources;
    resources.memory.swap = 250;
    ASSERT_TRUE(update_v2_limits(target(), resources));
    EXPECT_EQ(get("memory.swap.max"), "150");
}

TEST_F(CgroupFiles, V1KeepsTheHalfOfACpusetThatIsNotGiven) {
    put("cpuset.cpus", "0-3\n");
    put("cpuset.mems", "1\n");
    Resources resources;
    resources.cpu.cpus = "2";
    ASSERT_TRUE(update_v1_limits(target(), {false, "", {"cpuset"}}, resources));
    EXPECT_THAT(get("cpuset.cpus"), testing::StartsWith("2"));
    EXPECT_THAT(get("cpuset.mems"), testing::StartsWith("1"));
}

TEST_F(CgroupFiles, AJournalPutsBackWhatWasWritten) {
    put("pids.max", "55\n");
    put("cpu.weight", "39\n");
    put("memory.low", "max\n");
    LimitJournal journal;
    LimitTarget noted = target();
    noted.journal = &journal;
    Resources resources;
    resources.pids_limit = 99;
    resources.cpu.shares = 2048;
    ASSERT_TRUE(update_v2_limits(noted, resources));
    EXPECT_EQ(get("pids.max"), "99\n");
    EXPECT_EQ(get("cpu.weight"), "79\n");
    std::vector<std::string> warnings;
    const auto warn = [&](const std::string& text) { warnings.push_back(text); };
    journal.restore(warn);
    EXPECT_EQ(get("pids.max"), "55\n");
    EXPECT_EQ(get("cpu.weight"), "39\n");
    EXPECT_TRUE(warnings.empty());
    std::filesystem::remove(directory_ / "pids.max");
    journal.restore(warn);
    EXPECT_EQ(warnings.size(), 1U) << "what cannot be put back is told";
}

} // namespace
} // namespace rt::namespaces
