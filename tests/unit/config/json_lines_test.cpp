// SPDX-License-Identifier: Apache-2.0
#include "core/config/json_lines.hpp"

#include <gtest/gtest.h>

namespace rt {
namespace {

TEST(JsonLines, KnowsTheLineOfEveryValue) {
    const auto lines = scan_lines(
        "{\n  \"a\": 1,\n  \"b\": {\"c\": [\n 2,\n {\"d\":\nnull}]},\n \"e/f~\": \"x\"\n}", "text");
    ASSERT_TRUE(lines);
    EXPECT_EQ(lines->at(""), 1);
    EXPECT_EQ(lines->at("/a"), 2);
    EXPECT_EQ(lines->at("/b/c"), 3);
    EXPECT_EQ(lines->at("/b/c/0"), 4);
    EXPECT_EQ(lines->at("/b/c/1/d"), 5);
    EXPECT_EQ(lines->at("/e~1f~0"), 7);
}

TEST(JsonLines, ReadsEscapesInKeys) {
    const auto lines = scan_lines(R"({"a\"}b": {"\u0041": 1}, "z": "\\\"}"})", "text");
    ASSERT_TRUE(lines);
    EXPECT_TRUE(lines->contains("/a\"}b/A"));
    EXPECT_TRUE(lines->contains("/z"));
}

TEST(JsonLines, RefusesAKeyThatStandsTwice) {
    const auto lines = scan_lines("{\"a\": 1,\n\"b\": 2,\n\"a\": 3}", "text");
    ASSERT_FALSE(lines);
    EXPECT_EQ(lines.error().code, Code::invalid_argument);
    EXPECT_NE(lines.error().message.find("line 3"), std::string::npos);
    EXPECT_NE(lines.error().message.find("line 1"), std::string::npos);
    EXPECT_FALSE(scan_lines(R"({"a": 1, "\u0061": 2})", "text")); // the same key, written otherwise
    EXPECT_TRUE(scan_lines(R"([{"a": 1}, {"a": 1}])", "text"));
}

TEST(JsonLines, EndsOnAnyText) {
    for (const char* text : {"", "{", "[", "\"", "\"\\", "{\"a\"", "{\"a\":", "{\"a\" 1}", "{,}", "[,]", "]",
                             "}", "{\"a\":}", "[1 2", "{\"\\u12\":1}", "nul", "{1:2}", "[[[["})
        (void)scan_lines(text, "text");
    (void)scan_lines(std::string(100000, '['), "text");
}

} // namespace
} // namespace rt
