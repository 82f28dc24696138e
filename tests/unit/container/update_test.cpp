// SPDX-License-Identifier: Apache-2.0
#include "core/container/update.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace rt::test {
namespace {

constexpr std::int64_t kMega = 1 << 20;

ContainerSpec spec_of_image() {
    ContainerSpec spec;
    spec.image = "busybox";
    return spec;
}

Code refusal(const ContainerSpec& spec, const ContainerUpdate& update, const std::string& text) {
    const auto updated = updated_spec(spec, update);
    EXPECT_FALSE(updated) << text;
    if (updated) return Code::internal;
    EXPECT_NE(updated.error().message.find(text), std::string::npos) << updated.error().message;
    return updated.error().code;
}

TEST(Update, WhatIsNotGivenStays) {
    ContainerSpec spec = spec_of_image();
    spec.memory = 100 * kMega;
    spec.cpu_shares = 7;
    spec.pids_limit = 9;
    const auto updated = updated_spec(spec, {.cpu_shares = 512});
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->memory, 100 * kMega);
    EXPECT_EQ(updated->pids_limit, 9);
    EXPECT_EQ(update_resources(*updated, {.cpu_shares = 512}), Json::parse(R"({"cpu": {"shares": 512}})"));
}

TEST(Update, MemoryAndSwapKeepTheirDistance) {
    ContainerSpec spec = spec_of_image();
    spec.memory = 100 * kMega; // and so 200 with swap
    EXPECT_EQ(refusal(spec, {.memory = 201 * kMega}, "already set memoryswap limit"),
              Code::failed_precondition);
    const auto lowered = updated_spec(spec, {.memory = 50 * kMega});
    ASSERT_TRUE(lowered);
    EXPECT_EQ(lowered->memory_swap, 200 * kMega) << "as docker keeps it";
    const auto both = updated_spec(spec, {.memory = 300 * kMega, .memory_swap = 300 * kMega});
    ASSERT_TRUE(both);
    EXPECT_EQ(update_resources(*both, {.memory = 300 * kMega, .memory_swap = 300 * kMega})["memory"],
              (Json{{"limit", 300 * kMega}, {"swap", 300 * kMega}}));
    const auto first = updated_spec(spec_of_image(), {.memory = 64 * kMega});
    ASSERT_TRUE(first);
    EXPECT_EQ(update_resources(*first, {.memory = 64 * kMega})["memory"],
              (Json{{"limit", 64 * kMega}, {"swap", 128 * kMega}}))
        << "as with run -m";
    spec.memory_swap = -1;
    EXPECT_TRUE(updated_spec(spec, {.memory = 900 * kMega}));
}

TEST(Update, CpusAreSaidInOneWay) {
    ContainerSpec quota = spec_of_image();
    quota.cpu_quota = 50000;
    EXPECT_EQ(refusal(quota, {.nano_cpus = 1}, "Nano CPUs cannot be updated as CPU Quota"),
              Code::failed_precondition);
    ContainerSpec period = spec_of_image();
    period.cpu_period = 50000;
    EXPECT_EQ(refusal(period, {.nano_cpus = 1}, "Nano CPUs cannot be updated as CPU Period"),
              Code::failed_precondition);
    ContainerSpec cpus = spec_of_image();
    cpus.nano_cpus = 1'500'000'000;
    EXPECT_EQ(refusal(cpus, {.cpu_quota = 1000}, "CPU Quota cannot be updated as NanoCPUs"),
              Code::failed_precondition);
    EXPECT_EQ(refusal(cpus, {.cpu_period = 1000}, "CPU Period cannot be updated as NanoCPUs"),
              Code::failed_precondition);
    const ContainerUpdate half{.nano_cpus = 500'000'000};
    const auto updated = updated_spec(cpus, half);
    ASSERT_TRUE(updated);
    EXPECT_EQ(update_resources(*updated, half),
              Json::parse(R"({"cpu": {"quota": 50000, "period": 100000}})"));
}

TEST(Update, PidsAreUnlimitedWithZeroAndBelow) {
    ContainerSpec spec = spec_of_image();
    spec.pids_limit = 9;
    for (const std::int64_t none : {-1, 0}) {
        const ContainerUpdate update{.pids_limit = none};
        const auto updated = updated_spec(spec, update);
        ASSERT_TRUE(updated);
        EXPECT_EQ(updated->pids_limit, 0);
        EXPECT_EQ(update_resources(*updated, update), Json::parse(R"({"pids": {"limit": 0}})"));
    }
}

TEST(Update, ARestartPolicyAndRemovalExcludeEachOther) {
    ContainerSpec spec = spec_of_image();
    spec.auto_remove = true;
    EXPECT_EQ(refusal(spec, {.restart_policy = RestartPolicy{"always", 0}}, "AutoRemove is enabled"),
              Code::failed_precondition);
    const ContainerUpdate none{.restart_policy = RestartPolicy{"no", 0}};
    ASSERT_TRUE(updated_spec(spec, none));
    EXPECT_EQ(update_resources(spec, none), Json::object());
    const auto updated = updated_spec(spec_of_image(), {.restart_policy = RestartPolicy{"on-failure", 3}});
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->restart_policy.maximum_retry_count, 3);
}

TEST(Update, ValuesAreThoseThatRunTakes) {
    EXPECT_EQ(refusal(spec_of_image(), {.memory = kMega}, "the least is 6m"), Code::invalid_argument);
    EXPECT_EQ(refusal(spec_of_image(), {.blkio_weight = 5}, "10 to 1000"), Code::invalid_argument);
    EXPECT_EQ(refusal(spec_of_image(), {.cpuset_cpus = "a"}, "list of CPUs"), Code::invalid_argument);
    EXPECT_EQ(refusal(spec_of_image(), {.memory_swap = 9 * kMega}, "needs a memory limit"),
              Code::invalid_argument);
}

} // namespace
} // namespace rt::test
