// SPDX-License-Identifier: Apache-2.0
#include "core/image/reference.hpp"

#include <gtest/gtest.h>

namespace rt {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(Reference, IsMadeWhole) {
    const struct {
        std::string text, name, familiar;
    } table[] = {
        {"debian", "docker.io/library/debian:latest", "debian:latest"},
        {"debian:12", "docker.io/library/debian:12", "debian:12"},
        {"me/app", "docker.io/me/app:latest", "me/app:latest"},
        {"docker.io/debian", "docker.io/library/debian:latest", "debian:latest"},
        {"index.docker.io/a/b:1", "docker.io/a/b:1", "a/b:1"},
        {"localhost/a", "localhost/a:latest", "localhost/a:latest"},
        {"localhost:5000/a:v1.2-3_4", "localhost:5000/a:v1.2-3_4", "localhost:5000/a:v1.2-3_4"},
        {"127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c:latest", "127.0.0.1:5000/a/b/c:latest"},
        {"[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest"},
        {"ghcr.io/a/b@" + kDigest, "ghcr.io/a/b@" + kDigest, "ghcr.io/a/b@" + kDigest},
        {"a:1@" + kDigest, "docker.io/library/a@" + kDigest, "a@" + kDigest},
        {"a/b-c--d_e__f.g", "docker.io/a/b-c--d_e__f.g:latest", "a/b-c--d_e__f.g:latest"},
        {"library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"},
    };
    for (const auto& row : table) {
        const auto reference = parse_reference(row.text);
        ASSERT_TRUE(reference) << row.text << ": " << reference.error().message;
        EXPECT_EQ(reference->name(), row.name);
        EXPECT_EQ(familiar_name(reference->name()), row.familiar);
        EXPECT_EQ(parse_reference(row.familiar)->name(), row.name) << "what is shown can be typed";
    }
}

TEST(Reference, RefusesWhatIsNone) {
    const std::string table[] = {"",
                                 ":",
                                 "a:",
                                 "a:b:c",
                                 "A",
                                 "a//b",
                                 "/a",
                                 "a/",
                                 "a@",
                                 "a@sha256:12",
                                 "a b",
                                 "a:-x",
                                 "-a",
                                 "a-",
                                 "a..b",
                                 "a___b",
                                 "../etc",
                                 "http://a/b",
                                 "host:port/a",
                                 "a.b:99999999/c",
                                 "a@sha512:" + std::string(128, 'a'),
                                 "a:" + std::string(129, 'x'),
                                 std::string(300, 'a'),
                                 "a\n",
                                 "a@" + kDigest + "@" + kDigest,
                                 "sha256:../..",
                                 ".a/b",
                                 "[a1..b2]/p",
                                 "[xyz]/p",
                                 std::string("a\0b", 3)};
    for (const std::string& text : table) {
        const auto reference = parse_reference(text);
        ASSERT_FALSE(reference) << text;
        EXPECT_EQ(reference.error().code, Code::invalid_argument) << text;
    }
}

TEST(Reference, WhatIsShownStandsForTheSame) {
    for (const char* text :
         {"debian", "a/b:c", "docker.io/localhost/x:1", "docker.io/a.b/c:1", "docker.io/library/a/b"}) {
        const auto reference = parse_reference(text);
        ASSERT_TRUE(reference) << text;
        const auto again = parse_reference(familiar_name(reference->name()));
        ASSERT_TRUE(again) << text;
        EXPECT_EQ(again->name(), reference->name()) << text;
    }
}

TEST(Digest, IsSha256InLowerCase) {
    EXPECT_TRUE(is_digest(kDigest));
    for (const std::string& text :
         {std::string(), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(64, 'A'),
          "sha256:" + std::string(64, '/'), std::string(71, 'a')})
        EXPECT_FALSE(is_digest(text)) << text;
}

} // namespace
} // namespace rt
