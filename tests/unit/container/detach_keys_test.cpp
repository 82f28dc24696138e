// SPDX-License-Identifier: Apache-2.0
#include "core/container/detach_keys.hpp"

#include <gtest/gtest.h>

namespace {

using rt::DetachFilter;
using rt::parse_detach_keys;

TEST(DetachKeys, AreReadAsDockerWritesThem) {
    EXPECT_EQ(*parse_detach_keys("ctrl-p,ctrl-q"), "\x10\x11");
    EXPECT_EQ(*parse_detach_keys("a,ctrl-@,ctrl-_"), std::string("a\0\x1f", 3));
    EXPECT_EQ(*parse_detach_keys(""), "");
    for (const char* text : {"ctrl-", "ctrl-P", "ab", "ctrl-pp", "a,,b"})
        EXPECT_EQ(parse_detach_keys(text).error().code, rt::Code::invalid_argument) << text;
}

TEST(DetachKeys, AreSeenOverSeveralReadsAndNothingElseIsLost) {
    DetachFilter filter("\x10\x11");
    std::string data = "ab\x10";
    EXPECT_FALSE(filter.filter(data));
    EXPECT_EQ(data, "ab");
    data = "c\x10\x10";
    EXPECT_FALSE(filter.filter(data));
    EXPECT_EQ(data, "\x10"
                    "c\x10");
    data = "\x11rest";
    EXPECT_TRUE(filter.filter(data));
    EXPECT_EQ(data, "");
}

TEST(DetachKeys, ThatBeginTwiceAreFoundAtTheSecondBeginning) {
    DetachFilter filter("aab");
    std::string data = "aaab";
    EXPECT_TRUE(filter.filter(data));
    EXPECT_EQ(data, "a");
}

TEST(DetachKeys, NoKeysNeverDetach) {
    DetachFilter filter("");
    std::string data = "\x10\x11";
    EXPECT_FALSE(filter.filter(data));
    EXPECT_EQ(data, "\x10\x11");
}

} // namespace
