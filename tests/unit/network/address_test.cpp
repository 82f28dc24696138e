// SPDX-License-Identifier: Apache-2.0
#include "core/network/address.hpp"
#include "core/network/mac_address.hpp"

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

TEST(Subnet6, ParsesAndKnowsItsEnds) {
    const auto subnet = rt::Subnet6::parse("FD00:0:0:1::/64");
    ASSERT_TRUE(subnet);
    EXPECT_EQ(rt::format_ipv6(subnet->network), "fd00:0:0:1::");
    EXPECT_EQ(rt::format_ipv6(subnet->last()), "fd00::1:ffff:ffff:ffff:ffff");
    EXPECT_TRUE(subnet->contains(*rt::parse_ipv6("fd00:0:0:1::5")));
    EXPECT_FALSE(subnet->contains(*rt::parse_ipv6("fd00:0:0:2::")));
    EXPECT_EQ(rt::format_ipv6(rt::Subnet6::parse("::/0")->last()), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (const char* text : {"fd00::", "fd00::1/64", "fd00::/129", "10.0.0.0/8", "/64"})
        EXPECT_FALSE(rt::Subnet6::parse(text)) << text;
}

TEST(MacAddress, IsReadInDockersFormsAndWrittenInOne) {
    for (const char* text : {"02:42:0A:00:00:05", "02-42-0a-00-00-05", "0242.0a00.0005"})
        EXPECT_EQ(rt::parse_mac(text).value_or("none"), "02:42:0a:00:00:05") << text;
    for (const char* text :
         {"", "02:42:0a:00:00", "02:42:0a:00:00:05:06", "02:42:0a:00:00:0g", "01:00:5e:00:00:01",
          "00:00:00:00:00:00", "02:42-0a:00:00:05", "0242:0a00:0005", "02:42:0a:00:00:5:"})
        EXPECT_FALSE(rt::parse_mac(text)) << text;
}

TEST(Ipv4, WhatHasAZeroByteInItIsNoAddress) {
    EXPECT_TRUE(rt::parse_ipv4("10.0.0.1"));
    EXPECT_FALSE(rt::parse_ipv4(std::string_view("10.0.0.1\0x", 10)));
}

} // namespace
