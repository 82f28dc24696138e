// SPDX-License-Identifier: Apache-2.0
#include "core/container/oci_config.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

class OciConfigTest : public testing::Test {
protected:
    json config(bool own_network = true) {
        const auto text =
            rt::oci_config({"cafe", "/run/rt/containers/cafe", "box", "/rt", own_network, spec_, plan_});
        EXPECT_TRUE(text);
        return json::parse(*text);
    }
    static std::vector<std::string> targets(const json& config) {
        std::vector<std::string> list;
        for (const json& mount : config["mounts"]) list.push_back(mount["destination"]);
        return list;
    }

    rt::ContainerSpec spec_;
    rt::ProcessPlan plan_{{"/bin/sh"}, {"A=b"}, "/", "", "SIGTERM"};
};

TEST_F(OciConfigTest, AsksForEveryNamespaceAndLeavesOutTheHostsNetwork) {
    EXPECT_EQ(config()["linux"]["namespaces"].size(), 6U);
    const json host = config(false);
    EXPECT_EQ(host["linux"]["namespaces"].size(), 5U);
    EXPECT_FALSE(host["linux"].contains("sysctl"));
}

TEST_F(OciConfigTest, TranslatesLimits) {
    EXPECT_FALSE(config()["linux"]["resources"].contains("memory"));
    spec_.memory = 64 << 20;
    spec_.nano_cpus = 1'500'000'000;
    spec_.pids_limit = 100;
    const json resources = config()["linux"]["resources"];
    EXPECT_EQ(resources["memory"]["limit"], 64 << 20);
    EXPECT_EQ(resources["memory"]["swap"], 128 << 20);
    EXPECT_EQ(resources["cpu"]["quota"], 150'000);
    EXPECT_EQ(resources["cpu"]["period"], 100'000);
    EXPECT_EQ(resources["pids"]["limit"], 100);
}

TEST_F(OciConfigTest, PutsMountsOfTheUserAboveTheDefaultsAndParentsFirst) {
    spec_.mounts = {{.source = "/a", .target = "/data/inner/most"},
                    {.source = "/b", .target = "/data", .read_only = true},
                    {.source = "/c", .target = "/dev/shm"},
                    {.source = "/d", .target = "/etc/hosts"}};
    const json result = config();
    const auto list = targets(result);
    EXPECT_EQ(std::ranges::count(list, "/dev/shm"), 1);
    EXPECT_EQ(std::ranges::count(list, "/etc/hosts"), 1);
    EXPECT_LT(std::ranges::find(list, "/data"), std::ranges::find(list, "/data/inner/most"));
    EXPECT_LT(std::ranges::find(list, "/dev"), std::ranges::find(list, "/dev/shm"));
    for (const json& mount : result["mounts"])
        if (mount["destination"] == "/data") {
            EXPECT_THAT(mount["options"], testing::Contains("rro"));
        }
}

TEST_F(OciConfigTest, PassesTheUserOnByNameAndKeepsHostileBytesOutOfTheJson) {
    plan_.user = "web:1000";
    plan_.environment = {"BAD=\xff\xfe"};
    const json result = config();
    EXPECT_EQ(result["process"]["user"]["username"], "web:1000");
    EXPECT_EQ(result["linux"]["cgroupsPath"], "/rt/cafe");
}

} // namespace
