// SPDX-License-Identifier: Apache-2.0
#include "core/container/stats.hpp"

#include "core/base/json.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rt::test {
namespace {

constexpr HostLoad kHost{.cpu_ns = 4'000'000'000, .processors = 2, .memory = 1000};

constexpr const char* kV1 = R"({"cgroup_version": 1,
  "cpu": {"usage_ns": 300, "user_ns": 200, "system_ns": 100, "percpu_ns": [100, 200],
          "throttling": {"periods": 1, "throttled_periods": 2, "throttled_ns": 3}},
  "memory": {"usage": 500, "max_usage": 600, "limit": 9223372036854771712, "failcnt": 7,
             "stats": {"inactive_file": 1, "total_inactive_file": 100}},
  "pids": {"current": 5, "limit": 18446744073709551615},
  "blkio": {"io_service_bytes": [{"major": 8, "minor": 0, "op": "Read", "value": 10},
                                 {"major": 8, "minor": 16, "op": "Read", "value": 1},
                                 {"major": 8, "minor": 0, "op": "Write", "value": 20},
                                 {"major": 8, "minor": 0, "op": "Total", "value": 30}],
            "io_serviced": [{"major": 8, "minor": 0, "op": "Read", "value": 1}]}})";

constexpr const char* kV2 = R"({"cgroup_version": 2,
  "cpu": {"usage_ns": 300, "user_ns": 200, "system_ns": 100},
  "memory": {"usage": 500, "max_usage": 600, "limit": 800, "stats": {"inactive_file": 200}},
  "pids": {"current": 5, "limit": 18446744073709551615},
  "blkio": {"io_service_bytes": [{"major": 8, "minor": 0, "op": "Read", "value": 10},
                                 {"major": 8, "minor": 0, "op": "Discard", "value": 99}],
            "io_serviced": [{"major": 8, "minor": 0, "op": "Read", "value": 1}]}})";

StatsSample sample(const char* text, std::int64_t read = 1) {
    auto parsed = parse_isolation_stats(text, kHost);
    EXPECT_TRUE(parsed);
    parsed->read = read;
    return *parsed;
}

Container container() {
    Container record;
    record.id = "abc";
    record.name = "web";
    return record;
}

TEST(Stats, ResourceUseIsWhatDockerComputes) {
    StatsSample now = sample(kV1);
    ASSERT_TRUE(add_network_stats(R"({"eth0": {"rx_bytes": 11, "tx_bytes": 22}})", now));
    ASSERT_TRUE(add_network_stats(R"({"eth1": {"rx_bytes": 100}})", now));
    StatsSample before = now;
    before.cpu.usage = 100;
    before.host.cpu_ns = now.host.cpu_ns - 400;
    const ResourceUse use = resource_use(now, before);
    EXPECT_DOUBLE_EQ(use.cpu_percent, 100.0) << "half of two processors";
    EXPECT_EQ(use.memory, 400U) << "without total_inactive_file";
    EXPECT_EQ(use.memory_limit, 1000U) << "no limit: what the host has";
    EXPECT_DOUBLE_EQ(use.memory_percent, 40.0);
    EXPECT_EQ(use.received, 111U);
    EXPECT_EQ(use.sent, 22U);
    EXPECT_EQ(use.block_read, 11U) << "of all devices";
    EXPECT_EQ(use.block_written, 20U);
    EXPECT_EQ(use.pids, 5U);
    EXPECT_EQ(resource_use(sample(kV2), before).memory, 300U) << "without inactive_file";
    EXPECT_EQ(resource_use(sample(kV2), before).memory_limit, 800U);
}

TEST(Stats, CountersThatWentBackAreNoPercentage) {
    StatsSample before = sample(kV2);
    before.cpu.usage = 1000; // it was started again meanwhile
    before.host.cpu_ns = 1;
    EXPECT_EQ(resource_use(sample(kV2), before).cpu_percent, 0);
    EXPECT_EQ(resource_use(StatsSample(), StatsSample()).memory_percent, 0);
}

TEST(Stats, CachesLargerThanTheUseAreNotTakenOff) {
    StatsSample now = sample(kV2);
    now.memory.details["inactive_file"] = 501;
    EXPECT_EQ(resource_use(now, now).memory, 500U);
}

TEST(Stats, TheApiObjectHasTheShapeOfCgroupV1) {
    StatsSample now = sample(kV1, 1'000'000'000);
    ASSERT_TRUE(add_network_stats(R"({"eth0": {"rx_bytes": 11, "tx_packets": 2}})", now));
    const Json json = stats_json(container(), now, StatsSample());
    EXPECT_EQ(json.at("name"), "/web");
    EXPECT_EQ(json.at("id"), "abc");
    EXPECT_EQ(json.at("read"), "1970-01-01T00:00:01.000000000Z");
    EXPECT_EQ(json.at("preread"), "0001-01-01T00:00:00Z");
    EXPECT_EQ(json.at("cpu_stats"),
              Json::parse(R"({"cpu_usage": {"total_usage": 300, "percpu_usage": [100, 200],
        "usage_in_kernelmode": 100, "usage_in_usermode": 200}, "system_cpu_usage": 4000000000,
        "online_cpus": 2, "throttling_data": {"periods": 1, "throttled_periods": 2, "throttled_time": 3}})"));
    EXPECT_EQ(json.at("precpu_stats"), Json::parse(R"({"cpu_usage": {"total_usage": 0,
        "usage_in_kernelmode": 0, "usage_in_usermode": 0},
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0}})"));
    EXPECT_EQ(json.at("memory_stats"), Json::parse(R"({"usage": 500, "max_usage": 600, "limit": 1000,
        "failcnt": 7, "stats": {"inactive_file": 1, "total_inactive_file": 100}})"));
    EXPECT_EQ(json.at("pids_stats"), Json::parse(R"({"current": 5})"));
    EXPECT_EQ(json.at("blkio_stats").at("io_service_bytes_recursive").size(), 4U);
    EXPECT_EQ(json["blkio_stats"].at("io_serviced_recursive").size(), 1U);
    EXPECT_TRUE(json["blkio_stats"].at("sectors_recursive").is_array());
    EXPECT_EQ(json.at("networks").at("eth0"), Json::parse(R"({"rx_bytes": 11, "rx_packets": 0,
        "rx_errors": 0, "rx_dropped": 0, "tx_bytes": 0, "tx_packets": 2, "tx_errors": 0, "tx_dropped": 0})"));
}

TEST(Stats, TheApiObjectHasTheShapeOfCgroupV2) {
    const Json json = stats_json(container(), sample(kV2), sample(kV2));
    EXPECT_FALSE(json.at("memory_stats").contains("max_usage"));
    EXPECT_EQ(json.at("pids_stats").at("limit"), 18446744073709551615U);
    EXPECT_EQ(json.at("blkio_stats").at("io_service_bytes_recursive"),
              Json::parse(R"([{"major": 8, "minor": 0, "op": "read", "value": 10}])"));
    EXPECT_TRUE(json["blkio_stats"].at("io_serviced_recursive").is_null());
    EXPECT_FALSE(json.at("cpu_stats").at("cpu_usage").contains("percpu_usage"));
    EXPECT_FALSE(json.contains("networks")) << "no driver counts them";
}

TEST(Stats, OfAContainerThatDoesNotRunAreEmpty) {
    const Json json = stats_json(container(), StatsSample(), StatsSample());
    EXPECT_EQ(json.at("memory_stats"), Json::object());
    EXPECT_EQ(json.at("pids_stats"), Json::object());
    EXPECT_TRUE(json.at("blkio_stats").at("io_service_bytes_recursive").is_null());
}

TEST(Stats, AnswersOfAnotherFormAreCorrupt) {
    for (const char* text :
         {"", "[", "{\"cpu\": 3}", "{\"cpu\": {\"usage_ns\": \"x\"}}",
          "{\"memory\": {\"stats\": {\"a\": []}}}", "{\"blkio\": {\"io_serviced\": [1]}}"}) {
        const auto parsed = parse_isolation_stats(text, kHost);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, Code::corrupt) << text;
    }
    StatsSample target;
    for (const char* text : {"x", "{\"eth0\": 1}", "{\"eth0\": {\"rx_bytes\": \"y\"}}"})
        EXPECT_FALSE(add_network_stats(text, target)) << text;
    EXPECT_TRUE(parse_isolation_stats("{}", kHost)) << "what is not counted is missing";
}

TEST(HostLoad, IsReadFromProc) {
    const TempDir procfs;
    write_file(procfs / "stat", "cpu  1 2 3 4 5 6 7 800 900 0\ncpu0 1 1 1 1 1 1 1\ncpu3 1 1\nintr 5\n");
    write_file(procfs / "meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n");
    const auto load = host_load(procfs.path());
    ASSERT_TRUE(load);
    EXPECT_EQ(load->cpu_ns, 280'000'000U) << "28 ticks; steal and guest do not count";
    EXPECT_EQ(load->processors, 2U);
    EXPECT_EQ(load->memory, 2048U * 1024);
    EXPECT_EQ(host_load(procfs / "none").error().code, Code::not_found);
}

} // namespace
} // namespace rt::test
