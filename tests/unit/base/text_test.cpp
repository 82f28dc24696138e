// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"
#include "core/base/id.hpp"
#include "core/base/nearest.hpp"
#include "core/base/text.hpp"

#include <gtest/gtest.h>

#include <ranges>
#include <set>
#include <string>
#include <vector>

namespace {

TEST(Nearest, FindsAMisspeltWordAndNothingFarAway) {
    const std::vector<std::string> known = {"overlayfs", "vfs", "bridge"};
    EXPECT_EQ(rt::nearest("overlay", known), "overlayfs");
    EXPECT_EQ(rt::nearest("brigde", known), "bridge");
    EXPECT_EQ(rt::nearest("zfs", known), "vfs");
    EXPECT_EQ(rt::nearest("namespaces", known), "");
    EXPECT_EQ(rt::nearest("x", {}), "");
}

TEST(Ids, AreRandomHexOfTheLengthAskedFor) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string id = rt::random_hex(64);
        EXPECT_EQ(id.size(), 64U);
        EXPECT_TRUE(rt::is_hex(id));
        EXPECT_TRUE(seen.insert(id).second);
    }
    EXPECT_EQ(rt::random_hex(5).size(), 5U);
    EXPECT_TRUE(rt::is_valid_name(rt::random_name()));
}

TEST(Names, FollowDockersRule) {
    for (const char* name : {"a", "web-1", "A.b_c-9", "0x"}) EXPECT_TRUE(rt::is_valid_name(name)) << name;
    for (const char* name : {"", "-a", ".a", "a/b", "a b", "ä", "../x"})
        EXPECT_FALSE(rt::is_valid_name(name)) << name;
    EXPECT_FALSE(rt::is_valid_name(std::string(129, 'a')));
}

TEST(Clock, WritesRfc3339WithNineDigits) {
    EXPECT_EQ(rt::rfc3339(0), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(rt::rfc3339(1'763'919'296'000'000'042), "2025-11-23T17:34:56.000000042Z");
}

TEST(Clock, WordsDurationsAsDockerDoes) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    const std::pair<std::int64_t, const char*> table[] = {
        {0, "Less than a second"},   {1, "1 second"},
        {59, "59 seconds"},          {60, "About a minute"},
        {125, "2 minutes"},          {3600, "About an hour"},
        {7200, "2 hours"},           {3 * 86400, "3 days"},
        {21 * 86400, "3 weeks"},     {90 * 86400, "3 months"},
        {3 * 365 * 86400, "3 years"}};
    for (const auto& [seconds, words] : table)
        EXPECT_EQ(rt::human_duration(seconds * kSecond), words) << seconds;
}

TEST(Printable, LeavesNothingThatATerminalWouldObey) {
    EXPECT_EQ(rt::printable("a\n\x1b[31mb\x7f\t"), "a??[31mb??");
    EXPECT_EQ(rt::printable("gr\xc3\xbc\xc3\x9f \xe2\x80\xa6 \xf0\x9f\x90\xb3"),
              "gr\xc3\xbc\xc3\x9f \xe2\x80\xa6 \xf0\x9f\x90\xb3");
    EXPECT_EQ(rt::printable("\xff\xc3\xc0\x80\xc2\x9b\xed\xa0\x80"),
              "?????????"); // invalid, overlong, C1, surrogate
}

TEST(Joined, PutsTheSeparatorBetweenPartsAlsoWhereTheyAreEmpty) {
    EXPECT_EQ(rt::joined(std::vector<std::string>{}, ", "), "");
    EXPECT_EQ(rt::joined(std::vector<std::string>{"", "b", ""}, "/"), "/b/");
    const auto made = std::views::iota(1, 3) | std::views::transform([](int i) { return std::to_string(i); });
    EXPECT_EQ(rt::joined(made, ", "), "1, 2"); // of parts that are gone after each
}

} // namespace
