// SPDX-License-Identifier: Apache-2.0
#include "plugins/network/bridge/subnet_pool.hpp"

#include <gtest/gtest.h>

namespace rt::bridge {
namespace {

Ipv4Prefix prefix(const std::string& text) {
    return parse_prefix(text).value();
}

struct Case {
    std::string pool;
    int length;
    std::vector<std::string> taken;
    std::string expected; // empty: none
};

TEST(SubnetPool, PicksTheLowestFreeSubnet) {
    const std::vector<Case> cases{
        {"10.88.0.0/16", 20, {}, "10.88.0.0/20"},
        {"10.88.0.0/16", 20, {"10.88.0.0/20"}, "10.88.16.0/20"},
        {"10.88.0.0/16", 20, {"10.88.16.0/20", "10.88.0.7/32"}, "10.88.32.0/20"},
        {"10.88.0.0/16", 20, {"10.88.16.0/20"}, "10.88.0.0/20"},
        {"10.88.0.0/16", 20, {"10.0.0.0/8"}, ""},
        {"10.88.0.0/16", 16, {}, "10.88.0.0/16"},
        {"10.88.0.0/16", 16, {"10.88.255.255/32"}, ""},
        {"10.88.0.0/16", 8, {}, ""},
        {"10.88.0.0/16", 24, {"10.88.0.0/17", "192.168.0.0/16", "10.88.128.0/24"}, "10.88.129.0/24"},
        {"255.255.255.0/24", 26, {"255.255.255.0/25", "255.255.255.128/26"}, "255.255.255.192/26"},
        {"255.255.255.0/24", 26, {"255.255.255.0/24"}, ""},
        {"0.0.0.0/0", 30, {"0.0.0.0/1"}, "128.0.0.0/30"},
        {"10.0.0.0/8", 24, {"10.0.0.0/16", "10.0.3.0/24", "10.1.0.1/32"}, "10.1.1.0/24"},
    };
    for (const auto& item : cases) {
        std::vector<Ipv4Prefix> taken;
        for (const auto& text : item.taken) taken.push_back(prefix(text));
        const auto picked = pick_subnet(prefix(item.pool), item.length, taken);
        EXPECT_EQ(picked ? picked->text() : "", item.expected) << item.pool << " /" << item.length;
    }
}

TEST(SubnetPool, ParsesAddressesStrictly) {
    for (const std::string bad :
         {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "::1", "01.2.3.4.", "a.b.c.d"})
        EXPECT_FALSE(parse_ipv4(bad)) << bad;
    for (const std::string bad :
         {"1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8x", "/8", "1.2.3.4/ 8"})
        EXPECT_FALSE(parse_prefix(bad)) << bad;
    EXPECT_EQ(prefix("10.88.0.5/20").subnet().text(), "10.88.0.0/20");
    EXPECT_EQ(prefix("10.88.0.5/20").last().text(), "10.88.15.255");
    EXPECT_EQ(prefix("10.88.0.5/0").last().text(), "255.255.255.255");
}

} // namespace
} // namespace rt::bridge
