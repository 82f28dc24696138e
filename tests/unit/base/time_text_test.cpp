// SPDX-License-Identifier: Apache-2.0
#include "core/base/time_text.hpp"

#include "core/base/clock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'763'918'400 * kSecond; // 2025-11-23T17:20:00Z

class InZone : public testing::Test {
protected:
    explicit InZone(const char* zone = "UTC") { set(zone); }
    ~InZone() override { set("UTC"); }
    static void set(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
};

TEST_F(InZone, TimesAreThoseThatDockerTakes) {
    const struct {
        const char* text;
        std::int64_t ns;
    } cases[] = {
        {"2025-11-23T17:20:00Z", kNow},
        {"2025-11-23T17:20:00.5Z", kNow + kSecond / 2},
        {"2025-11-23T17:20:00.0000000019Z", kNow + 1},
        {"2025-11-23T18:20:00+01:00", kNow},
        {"2025-11-23T11:50:00-05:30", kNow},
        {"2025-11-23T17:20:00", kNow},
        {"2025-11-23T17:20", kNow},
        {"2025-11-23T17", kNow - 20 * 60 * kSecond},
        {"2025-11-23", kNow - (17 * 60 + 20) * 60 * kSecond},
        {"2025-11-23Z", kNow - (17 * 60 + 20) * 60 * kSecond},
        {"1763918400", kNow},
        {"1763918400.25", kNow + kSecond / 4},
        {"1763918400.000000001", kNow + 1},
        {"0", 0},
        {"10m", kNow - 600 * kSecond},
        {"1h30m", kNow - 5400 * kSecond},
        {"+10s", kNow - 10 * kSecond},
        {"-10s", kNow + 10 * kSecond},
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -kSecond},
    };
    for (const auto& each : cases) {
        const auto time = rt::parse_time(each.text, kNow);
        ASSERT_TRUE(time) << each.text;
        EXPECT_EQ(*time, each.ns) << each.text;
    }
}

TEST_F(InZone, WhatIsNoTimeIsRefused) {
    for (const char* text : {"",
                             "x",
                             "yesterday",
                             "2025-13-01",
                             "2025-02-30",
                             "2025-11-23T25",
                             "2025-11-23T17:60",
                             "2025-11-23T17:20:60",
                             "2025-11-23T17:20:00.Z",
                             "2025-11-23T17:20:00+1",
                             "2025-11-23T17:20:00Zx",
                             "2025-11-23 17:20",
                             "25-11-23",
                             "-5",
                             "1.5.5",
                             "1763918400.",
                             "99999999999999999999",
                             "9999999999999",
                             "9999-01-01",
                             "10m-",
                             "--10m",
                             "1e5"}) {
        const auto time = rt::parse_time(text, kNow);
        ASSERT_FALSE(time) << text << " is " << *time;
        EXPECT_EQ(time.error().code, rt::Code::invalid_argument) << text;
    }
}

TEST_F(InZone, WithoutAZoneATimeIsInOurs) {
    set("EST5");
    EXPECT_EQ(*rt::parse_time("2025-11-23T12:20:00", kNow), kNow);
    EXPECT_EQ(*rt::parse_time("2025-11-23T17:20:00Z", kNow), kNow);
    EXPECT_EQ(rt::rfc3339_local(kNow + 7), "2025-11-23T12:20:00.000000007-05:00");
    EXPECT_EQ(*rt::parse_time(rt::rfc3339_local(kNow + 7), 0), kNow + 7);
    set("IST-5:30");
    EXPECT_EQ(rt::rfc3339_local(kNow), "2025-11-23T22:50:00.000000000+05:30");
    set("UTC");
    EXPECT_EQ(rt::rfc3339_local(kNow), rt::rfc3339(kNow));
    EXPECT_EQ(rt::rfc3339_local(-1), "1969-12-31T23:59:59.999999999Z");
}

} // namespace
