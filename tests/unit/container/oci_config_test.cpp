// SPDX-License-Identifier: Apache-2.0
#include "core/container/oci_config.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

class OciConfigTest : public testing::Test {
protected:
    json config(bool own_network = true) {
        const auto text = rt::oci_config({"cafe",
                                          "/run/rt/containers/cafe",
                                          "box",
                                          "/rt",
                                          own_network,
                                          spec_,
                                          plan_,
                                          host_,
                                          joined_,
                                          {},
                                          "",
                                          origins_});
        EXPECT_TRUE(text);
        return json::parse(*text);
    }
    static std::vector<std::string> targets(const json& config) {
        std::vector<std::string> list;
        for (const json& mount : config["mounts"]) list.push_back(mount["destination"]);
        return list;
    }

    rt::ContainerSpec spec_;
    rt::HostFacts host_;
    rt::JoinedNamespaces joined_;
    rt::Origins* origins_ = nullptr;
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

TEST_F(OciConfigTest, TranslatesEveryLimit) {
    spec_.memory = 64 << 20;
    spec_.memory_swap = -1;
    spec_.memory_reservation = 32 << 20;
    spec_.memory_swappiness = 0;
    spec_.oom_kill_disable = true;
    spec_.oom_score_adj = -5;
    spec_.cpu_shares = 512;
    spec_.cpu_quota = 5000;
    spec_.cpu_period = 10'000;
    spec_.cpuset_cpus = "0-1";
    spec_.blkio_weight = 300;
    spec_.blkio_device_read_bps = {{"/dev/x", 1024}};
    spec_.ulimits = {{"nofile", 10, -1}};
    host_.disks["/dev/x"] = {8, 16};
    const json result = config();
    const json& resources = result["linux"]["resources"];
    EXPECT_EQ(resources["memory"], json::parse(R"({"limit": 67108864, "swap": -1, "reservation": 33554432,
        "swappiness": 0, "disableOOMKiller": true})"));
    EXPECT_EQ(resources["cpu"],
              json::parse(R"({"shares": 512, "quota": 5000, "period": 10000, "cpus": "0-1"})"));
    EXPECT_EQ(resources["blockIO"], json::parse(R"({"weight": 300,
        "throttleReadBpsDevice": [{"major": 8, "minor": 16, "rate": 1024}]})"));
    EXPECT_EQ(result["process"]["oomScoreAdj"], -5);
    EXPECT_EQ(result["process"]["rlimits"][0]["type"], "RLIMIT_NOFILE");
    EXPECT_EQ(result["process"]["rlimits"][0]["hard"], UINT64_MAX);
}

TEST_F(OciConfigTest, PrivilegedHidesNothingAndAllowsEveryDevice) {
    spec_.privileged = true;
    const json result = config();
    EXPECT_TRUE(result["linux"]["maskedPaths"].empty());
    EXPECT_TRUE(result["linux"]["readonlyPaths"].empty());
    EXPECT_FALSE(result["annotations"].contains("io.rt.seccomp"));
    EXPECT_EQ(result["linux"]["resources"]["devices"].size(), 1U);
    EXPECT_EQ(result["process"]["capabilities"]["bounding"].size(), 41U);
    for (const json& mount : result["mounts"])
        if (mount["destination"] == "/sys") {
            EXPECT_THAT(mount["options"], testing::Contains("rw"));
        }
}

TEST_F(OciConfigTest, NamespacesOfTheHostAreLeftOutAndThoseOfOthersJoined) {
    spec_.pid_mode = "container:x";
    spec_.uts_mode = spec_.ipc_mode = "host";
    joined_.pid = "/proc/7/ns/pid";
    const json result = config();
    std::map<std::string, std::string> kinds;
    for (const json& entry : result["linux"]["namespaces"]) kinds[entry["type"]] = entry.value("path", "");
    EXPECT_EQ(kinds["pid"], "/proc/7/ns/pid");
    EXPECT_FALSE(kinds.contains("uts") || kinds.contains("ipc"));
    EXPECT_FALSE(result.contains("hostname"));
    for (const json& mount : result["mounts"])
        if (mount["destination"] == "/dev/shm") {
            EXPECT_EQ(mount["source"], "/dev/shm");
        }
}

TEST_F(OciConfigTest, DevicesHaveANodeAndARule) {
    host_.devices = {{"/dev/fuse", 'c', {10, 229}, 0666, 0, 0, "rw"}};
    spec_.device_cgroup_rules = {"b 8:* r"};
    const json result = config();
    EXPECT_EQ(result["linux"]["devices"][0]["path"], "/dev/fuse");
    const json& rules = result["linux"]["resources"]["devices"];
    EXPECT_EQ(rules[rules.size() - 2],
              json::parse(R"({"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"})"));
    EXPECT_EQ(rules.back(), json::parse(R"({"allow": true, "type": "b", "major": 8, "access": "r"})"));
}

TEST_F(OciConfigTest, ASharedMountOpensTheRootForIt) {
    EXPECT_FALSE(config()["linux"].contains("rootfsPropagation"));
    spec_.mounts = {{.source = "/a", .target = "/a", .propagation = "rslave"}};
    EXPECT_EQ(config()["linux"]["rootfsPropagation"], "rslave");
}

TEST_F(OciConfigTest, SecurityOptionsReachTheProcess) {
    spec_.security_opt = {"no-new-privileges", "seccomp=unconfined", "apparmor=mine", "label=type:spc_t"};
    const json result = config();
    EXPECT_EQ(result["process"]["noNewPrivileges"], true);
    EXPECT_EQ(result["process"]["apparmorProfile"], "mine");
    EXPECT_EQ(result["process"]["selinuxLabel"], "system_u:system_r:spc_t:s0");
    EXPECT_FALSE(result["annotations"].contains("io.rt.seccomp"));
}

TEST_F(OciConfigTest, TellsWhoAskedForWhat) {
    spec_.memory = 64 << 20;
    spec_.cap_add = {"NET_ADMIN"};
    rt::Origins origins;
    origins_ = &origins;
    (void)config();
    const auto from = [&](std::string_view kind, std::string_view name) {
        for (const rt::Origin& origin : origins.all())
            if (origin.kind == kind && origin.name == name) return origin.from;
        return std::string("nobody");
    };
    EXPECT_EQ(from("limit", "memory limit"), "flag --memory");
    EXPECT_EQ(from("limit", "memory swap"), "default: twice the memory");
    EXPECT_EQ(from("capability", "CAP_NET_ADMIN"), "flag --cap-add");
    EXPECT_EQ(from("capability", "CAP_CHOWN"), "default");
    EXPECT_EQ(from("mount", "/proc"), "default");
}

} // namespace
