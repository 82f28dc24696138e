// SPDX-License-Identifier: Apache-2.0
#include "core/base/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

TEST(ParseJson, TakesAnOrdinaryDocument) {
    const auto value = rt::parse_json(R"({"a": [1, {"b": null}]})", "test");
    ASSERT_TRUE(value);
    EXPECT_EQ((*value)["a"][0], 1);
}

TEST(ParseJson, RefusesWhatIsHostileOrBroken) {
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    for (const std::string& text : {std::string(""), std::string("{"), std::string("{\"a\":1,\"a\":2}"),
                                    std::string("[{\"x\":{\"b\":1,\"b\":1}}]"), deep, std::string("nul"),
                                    std::string("{\"a\":\"\xff\"}"), std::string("1 2"), std::string("1e999"),
                                    std::string("[1,{\"a\":-1e400}]"), std::string(4U << 20U, '[')}) {
        const auto value = rt::parse_json(text, "test");
        ASSERT_FALSE(value) << text.substr(0, 100);
        EXPECT_EQ(value.error().code, rt::Code::corrupt) << text.substr(0, 100);
    }
}

TEST(ParseJson, SaysWhereTheErrorIs) {
    const auto value = rt::parse_json("{\n  \"a\": 1,\n  oops\n}", "test");
    ASSERT_FALSE(value);
    EXPECT_NE(value.error().message.find("line 3, column 3"), std::string::npos) << value.error().message;
}

TEST(ParseJson, AllowsTheSameKeyInDifferentObjects) {
    EXPECT_TRUE(rt::parse_json(R"([{"a":1},{"a":{"a":2}}])", "test"));
}

} // namespace
