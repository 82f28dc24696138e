// SPDX-License-Identifier: Apache-2.0
#include "core/base/base64.hpp"

#include <gtest/gtest.h>

namespace {

using rt::base64;
using rt::from_base64;

TEST(Base64, BothWays) {
    for (const auto& [bytes, text] : {std::pair{"", ""},
                                      {"f", "Zg=="},
                                      {"fo", "Zm8="},
                                      {"foo", "Zm9v"},
                                      {"foob", "Zm9vYg=="},
                                      {"fooba", "Zm9vYmE="},
                                      {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
    const std::string all("\xfb\xff\x00\xbf", 4);
    EXPECT_EQ(base64(all), "+/8Avw==");
    EXPECT_EQ(from_base64("-_8Avw"), all); // the alphabet of URLs, without padding
}

TEST(Base64, WhatIsNone) {
    for (const char* text : {"A", "AAAAA", "Zg=a", "Zm 9v", "Zm9v\n", "\xc3\xa4"})
        EXPECT_FALSE(from_base64(text)) << text;
}

} // namespace
