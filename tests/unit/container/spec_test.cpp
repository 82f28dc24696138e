// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_link.hpp"
#include "core/container/spec.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

TEST(ContainerSpec, ComesBackFromJsonAsItWas) {
    rt::ContainerSpec spec;
    spec.image = "debian:12";
    spec.name = "web";
    spec.entrypoint = std::vector<std::string>();
    spec.command = {"a b", "c"};
    spec.environment = {"X=ä"};
    spec.mounts = {{.source = "/srv", .target = "/data", .read_only = true, .propagation = "rslave"},
                   {.type = rt::MountType::volume, .source = "v", .target = "/v", .labels = {{"a", "b"}}},
                   {.type = rt::MountType::tmpfs, .target = "/t", .tmpfs_options = {"size=1m"}}};
    spec.ports = {{"127.0.0.1", 8080, 80, "udp"}};
    spec.memory = 1 << 30;
    spec.nano_cpus = 1'500'000'000;
    spec.cap_add = {"NET_ADMIN"};
    spec.auto_remove = true;
    const auto back = rt::spec_from_json(rt::to_json(spec).dump());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(rt::to_json(*back), rt::to_json(spec));
    EXPECT_TRUE(back->entrypoint.has_value());
    EXPECT_EQ(back->mounts, spec.mounts);
}

TEST(ContainerSpec, StoredNonsenseIsCorrupt) {
    for (const char* text : {"", "[]", "{}", R"({"image": 3})"})
        EXPECT_EQ(rt::spec_from_json(text).error().code, rt::Code::corrupt) << text;
}

TEST(ContainerSpec, IsValidated) {
    const auto refused = [](auto change) {
        rt::ContainerSpec spec;
        change(spec);
        const auto result = rt::validate(spec);
        return !result && result.error().code == rt::Code::invalid_argument;
    };
    EXPECT_FALSE(refused([](auto&) {}));
    EXPECT_TRUE(refused([](auto& spec) { spec.name = "a/b"; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.name = "x"; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.working_directory = "relative"; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.hostname = std::string(65, 'h'); }));
    EXPECT_TRUE(refused([](auto& spec) { spec.hostname = "a\n10.0.0.1 bank"; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.hostname = "\xff"; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.memory = 1024; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.memory = -1; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.nano_cpus = -1; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.cap_drop = {"NOPE"}; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.mounts = {{.source = "volume", .target = "/data"}}; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.mounts = {{.source = "/srv", .target = "data"}}; }));
    EXPECT_TRUE(refused([](auto& spec) { spec.mounts = {{.source = "/srv", .target = "/"}}; }));
    EXPECT_TRUE(refused([](auto& spec) {
        spec.mounts = {{.source = "/a", .target = "/d"}, {.source = "/b", .target = "/d/."}};
    }));
}

// Every member gets a value of its own out of a JSON that has every kind, and has to come back.
TEST(ContainerSpec, EveryMemberIsKept) {
    rt::ContainerSpec spec;
    spec.image = "i";
    spec.restart_policy = {"on-failure", 3};
    spec.stop_timeout = 0;
    spec.init = false;
    spec.healthcheck = rt::Healthcheck{{"CMD", "x"}, 1, 2, 3, 4, 5};
    spec.log_config = {"json-file", {{"max-size", "1m"}}};
    spec.labels = {{"a", ""}};
    spec.memory_swappiness = 0;
    spec.blkio_weight_device = {{"/dev/sda", 10}};
    spec.blkio_device_write_iops = {{"/dev/sdb", 7}};
    spec.ulimits = {{"nofile", 1, -1}};
    spec.devices = {{"/dev/a", "/dev/b", "r"}};
    spec.masked_paths.emplace();
    spec.networks = {{.network = "lan", .aliases = {"a"}, .links = {"b:c"}}};
    const auto back = rt::spec_from_json(rt::to_json(spec).dump());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->restart_policy, spec.restart_policy);
    EXPECT_EQ(back->stop_timeout, 0);
    EXPECT_EQ(back->init, false);
    EXPECT_EQ(back->networks, spec.networks);
    EXPECT_EQ(back->healthcheck, spec.healthcheck);
    EXPECT_EQ(back->log_config, spec.log_config);
    EXPECT_EQ(back->labels, spec.labels);
    EXPECT_EQ(back->memory_swappiness, 0);
    EXPECT_EQ(back->blkio_weight_device, spec.blkio_weight_device);
    EXPECT_EQ(back->blkio_device_write_iops, spec.blkio_device_write_iops);
    EXPECT_EQ(back->ulimits, spec.ulimits);
    EXPECT_EQ(back->devices, spec.devices);
    EXPECT_EQ(back->masked_paths, std::vector<std::string>());
    EXPECT_FALSE(back->readonly_paths.has_value());
    EXPECT_EQ(rt::to_json(*back), rt::to_json(spec));
}

TEST(ContainerSpec, OptionsOutOfRangeOrAgainstEachOtherAreRefused) {
    using Change = void (*)(rt::ContainerSpec&);
    const std::pair<const char*, Change> cases[] = {
        {"swap below memory",
         [](auto& s) {
             s.memory = 64 << 20;
             s.memory_swap = 32 << 20;
         }},
        {"swap without memory", [](auto& s) { s.memory_swap = 64 << 20; }},
        {"reservation above",
         [](auto& s) {
             s.memory = 64 << 20;
             s.memory_reservation = 65 << 20;
         }},
        {"swappiness", [](auto& s) { s.memory_swappiness = 101; }},
        {"oom score", [](auto& s) { s.oom_score_adj = 1001; }},
        {"cpus and quota",
         [](auto& s) {
             s.nano_cpus = 1;
             s.cpu_quota = 5000;
         }},
        {"period", [](auto& s) { s.cpu_period = 999; }},
        {"quota", [](auto& s) { s.cpu_quota = 999; }},
        {"realtime",
         [](auto& s) {
             s.cpu_realtime_period = 5;
             s.cpu_realtime_runtime = 6;
         }},
        {"cpuset", [](auto& s) { s.cpuset_cpus = "3-1"; }},
        {"cpuset end", [](auto& s) { s.cpuset_mems = "0,"; }},
        {"blkio", [](auto& s) { s.blkio_weight = 9; }},
        {"ulimit", [](auto& s) { s.ulimits = {{"nofiles", 1, 1}}; }},
        {"ulimit twice", [](auto& s) { s.ulimits = {{"core", 1, 1}, {"core", 2, 2}}; }},
        {"cgroup parent", [](auto& s) { s.cgroup_parent = "/a/../.."; }},
        {"sysctl", [](auto& s) { s.sysctls = {{"kernel.panic", "1"}}; }},
        {"sysctl path", [](auto& s) { s.sysctls = {{"net./../../kernel/panic", "1"}}; }},
        {"sysctl of the host",
         [](auto& s) {
             s.sysctls = {{"kernel.sem", "1"}};
             s.ipc_mode = "host";
         }},
        {"security option", [](auto& s) { s.security_opt = {"seccompx=y"}; }},
        {"device", [](auto& s) { s.devices = {{"sda", "/dev/sda", "r"}}; }},
        {"device rule", [](auto& s) { s.device_cgroup_rules = {"c 1:3 rwmx"}; }},
        {"pid mode", [](auto& s) { s.pid_mode = "private"; }},
        {"ipc mode", [](auto& s) { s.ipc_mode = "container:"; }},
        {"userns mode", [](auto& s) { s.userns_mode = "remap"; }},
        {"uts and hostname",
         [](auto& s) {
             s.uts_mode = "host";
             s.hostname = "h";
         }},
        {"rm and restart",
         [](auto& s) {
             s.auto_remove = true;
             s.restart_policy.name = "always";
         }},
        {"restart count", [](auto& s) { s.restart_policy = {"always", 3}; }},
        {"stop signal", [](auto& s) { s.stop_signal = "SIGNOPE"; }},
        {"stop timeout", [](auto& s) { s.stop_timeout = -2; }},
        {"health time", [](auto& s) { s.healthcheck = rt::Healthcheck{{"CMD", "x"}, 999}; }},
        {"health kind", [](auto& s) { s.healthcheck = rt::Healthcheck{{"x"}}; }},
        {"shared network",
         [](auto& s) {
             s.network = "container:a";
             s.dns = {"1.1.1.1"};
         }},
        {"dns", [](auto& s) { s.dns = {"one"}; }},
        {"dns search", [](auto& s) { s.dns_search = {"a\nnameserver 1.1.1.1"}; }},
        {"extra host", [](auto& s) { s.extra_hosts = {"a:b"}; }},
        {"label", [](auto& s) { s.labels = {{"", "x"}}; }},
        {"environment", [](auto& s) { s.environment = {"=x"}; }},
        {"zero byte", [](auto& s) { s.user = std::string("a\0b", 3); }},
        {"huge word", [](auto& s) { s.command = {std::string(1U << 20U, 'x')}; }},
        {"subpath",
         [](auto& s) { s.mounts = {{.type = rt::MountType::volume, .target = "/t", .subpath = "../x"}}; }},
        {"tmpfs option",
         [](auto& s) {
             s.mounts = {{.type = rt::MountType::tmpfs, .target = "/t", .tmpfs_options = {"a b"}}};
         }},
        {"propagation", [](auto& s) { s.mounts = {{.source = "/a", .target = "/t", .propagation = "x"}}; }},
    };
    for (const auto& [what, change] : cases) {
        rt::ContainerSpec spec;
        change(spec);
        const auto result = rt::validate(spec);
        ASSERT_FALSE(result) << what;
        EXPECT_EQ(result.error().code, rt::Code::invalid_argument) << what << ": " << result.error().message;
    }
}

TEST(ContainerSpec, OneOfAnOlderVersionLacksWhatThatDidNotKnow) {
    rt::ContainerSpec spec;
    spec.networks = {{.network = "lan", .aliases = {"a"}}};
    auto written = rt::to_json(spec);
    written["networks"][0].erase("links");
    const auto back = rt::spec_from_json(written.dump());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->networks, spec.networks);
}

TEST(ContainerSpec, LinksAreThoseOfItsFirstNetwork) {
    rt::ContainerSpec spec;
    spec.network = "back";
    spec.networks = {{.network = "front"}, {.network = "back", .links = {"a"}}};
    spec.links = {"a", "b:c"};
    rt::give_links_to_network(spec);
    EXPECT_EQ(spec.links, std::vector<std::string>{});
    EXPECT_EQ(spec.networks[0].links, std::vector<std::string>{});
    EXPECT_EQ(spec.networks[1].links, (std::vector<std::string>{"a", "b:c"}));
    rt::ContainerSpec plain;
    plain.network = "lan";
    plain.links = {"a"};
    rt::give_links_to_network(plain);
    ASSERT_EQ(plain.networks.size(), 1U);
    EXPECT_EQ(plain.networks[0].network, "lan");
    EXPECT_EQ(plain.networks[0].links, std::vector<std::string>{"a"});
}

TEST(ContainerSpec, ALinkIsAContainerAndMaybeAName) {
    const auto parts = [](const char* text) {
        const auto link = rt::parse_link(text);
        return link ? link->target + ">" + link->name : "";
    };
    EXPECT_EQ(parts("web"), "web>");
    EXPECT_EQ(parts("web:db"), "web>db");
    EXPECT_EQ(parts("/web:/app/db"), "web>db");
    for (const char* text : {"", ":", "a:", ":b", "a:b:c", "a b", "a:/b/c"})
        EXPECT_EQ(parts(text), "") << text;
}

TEST(ContainerSpec, WhatIsNotThereIsRefusedByName) {
    rt::ContainerSpec spec;
    spec.storage_opt = {{"size", "1G"}};
    const auto result = rt::validate(spec);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, rt::Code::unsupported);
    EXPECT_NE(result.error().message.find("--storage-opt"), std::string::npos);
}

} // namespace
