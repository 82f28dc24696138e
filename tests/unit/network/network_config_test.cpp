// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_config.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

rt::NetworkConfig with(const rt::AddressConfig& pool) {
    rt::NetworkConfig config;
    config.pools.push_back(pool);
    return config;
}

TEST(NetworkConfig, IsReadBackAsItWasWritten) {
    rt::NetworkConfig config = with({"10.1.0.0/24", "10.1.0.1", "10.1.0.128/25", {{"a", "10.1.0.9"}}});
    config.internal = config.ipv6 = config.attachable = true;
    config.options = {{"com.docker.network.driver.mtu", "1400"}};
    config.labels = {{"k", "v"}};
    const auto back = rt::network_config_from_json(rt::to_json(config).dump());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, config);
    EXPECT_EQ(*rt::network_config_from_json("{}"), rt::NetworkConfig());
    EXPECT_EQ(rt::network_config_from_json(R"({"pools": 1})").error().code, rt::Code::corrupt);
}

TEST(NetworkConfig, WhatDoesNotBelongTogetherIsRefused) {
    EXPECT_TRUE(rt::validate(with({"10.1.0.0/24", "10.1.0.7", "10.1.0.128/25", {{"a", "10.1.0.9"}}})));
    const rt::NetworkConfig cases[] = {
        with({}),
        with({.subnet = "10.1.0.1/24"}),
        with({.subnet = "10.1.0.0/24", .gateway = "10.2.0.1"}),
        with({.subnet = "10.1.0.0/24", .gateway = "fd00::1"}),
        with({.subnet = "10.1.0.0/24", .ip_range = "10.1.0.0/23"}),
        with({.subnet = "10.1.0.0/24", .aux_addresses = {{"a", "10.2.0.1"}}}),
        with({.subnet = "fd00::/64"}), // without --ipv6
    };
    for (const rt::NetworkConfig& config : cases) {
        const auto outcome = rt::validate(config);
        ASSERT_FALSE(outcome) << rt::to_json(config);
        EXPECT_EQ(outcome.error().code, rt::Code::invalid_argument) << rt::to_json(config);
    }
    rt::NetworkConfig two = with({.subnet = "10.1.0.0/24"});
    two.pools.push_back({.subnet = "10.1.0.0/16"});
    EXPECT_FALSE(rt::validate(two)) << "they overlap";
    two.pools.back().subnet = "fd00::/64";
    two.ipv6 = true;
    EXPECT_TRUE(rt::validate(two));
}

} // namespace
