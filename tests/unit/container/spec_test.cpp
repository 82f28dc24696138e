// SPDX-License-Identifier: Apache-2.0
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

} // namespace
