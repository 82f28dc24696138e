// SPDX-License-Identifier: Apache-2.0
#include "core/network/address.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Subnet, ParsesAndKnowsItsEnds) {
    const auto subnet = rt::Subnet::parse("10.88.16.0/20");
    ASSERT_TRUE(subnet);
    EXPECT_EQ(rt::format_ipv4(subnet->first_host()), "10.88.16.1");
    EXPECT_EQ(rt::format_ipv4(subnet->last_host()), "10.88.31.254");
    EXPECT_EQ(rt::format_ipv4(subnet->broadcast()), "10.88.31.255");
    EXPECT_EQ(rt::format_ipv4(rt::Subnet::parse("0.0.0.0/0")->broadcast()), "255.255.255.255");
    EXPECT_EQ(rt::format_ipv4(rt::Subnet::parse("1.2.3.4/32")->broadcast()), "1.2.3.4");
}

TEST(Subnet, RefusesWhatIsNone) {
    for (const char* text : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/24", "a/8",
                             "10.0.0.0/8x", "10.0.0/8", "/8", "0.0.0.0/99999999999"}) {
        const auto subnet = rt::Subnet::parse(text);
        ASSERT_FALSE(subnet) << text;
        EXPECT_EQ(subnet.error().code, rt::Code::invalid_argument) << text;
    }
}

TEST(Ipv4, WhatHasAZeroByteInItIsNoAddress) {
    EXPECT_TRUE(rt::parse_ipv4("10.0.0.1"));
    EXPECT_FALSE(rt::parse_ipv4(std::string_view("10.0.0.1\0x", 10)));
}

} // namespace
