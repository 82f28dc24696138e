// SPDX-License-Identifier: Apache-2.0
#include "core/network/port.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

TEST(PublishedPort, ParsesEveryFormOfDocker) {
    struct Case {
        const char* text;
        const char* ip;
        int host;
        int container;
        const char* protocol;
    };
    for (const Case& c :
         {Case{"80", "", 0, 80, "tcp"}, Case{"0:80", "", 0, 80, "tcp"}, Case{"8080:80", "", 8080, 80, "tcp"},
          Case{"53:53/udp", "", 53, 53, "udp"}, Case{"[::]:80:80", "::", 80, 80, "tcp"},
          Case{"[FD00::1]::80", "fd00::1", 0, 80, "tcp"},
          Case{"127.0.0.1:8080:80", "127.0.0.1", 8080, 80, "tcp"},
          Case{"127.0.0.1::80", "127.0.0.1", 0, 80, "tcp"}, Case{"8080:80/TCP", "", 8080, 80, "tcp"},
          Case{"target=80", "", 0, 80, "tcp"},
          Case{"published=8080,target=80,protocol=udp", "", 8080, 80, "udp"}}) {
        const auto ports = rt::parse_published_port(c.text);
        ASSERT_TRUE(ports) << c.text << ": " << ports.error().message;
        ASSERT_EQ(ports->size(), 1U) << c.text;
        EXPECT_EQ(ports->front().host_ip, c.ip) << c.text;
        EXPECT_EQ(ports->front().host_port, c.host) << c.text;
        EXPECT_EQ(ports->front().container_port, c.container) << c.text;
        EXPECT_EQ(ports->front().protocol, c.protocol) << c.text;
        EXPECT_EQ(rt::published_port_from_json(rt::to_json(ports->front()))->host_port, c.host);
    }
    const auto range = rt::parse_published_port("8000-8002:9000-9002/udp");
    ASSERT_TRUE(range);
    ASSERT_EQ(range->size(), 3U);
    EXPECT_EQ((*range)[2].host_port, 8002);
    EXPECT_EQ((*range)[2].container_port, 9002);
}

TEST(PublishedPort, RefusesWhatMakesNoSense) {
    for (const char* text : {"",
                             ":",
                             "0",
                             "published=80",
                             "target=80,mode=host",
                             "target=80,protocol=a=b",
                             "65536",
                             "80:",
                             "a:80",
                             "80/sctp",
                             "80/",
                             "1.2.3:80:80",
                             "8000-8001:80",
                             "9-8",
                             "80:80:80:80",
                             "-80",
                             "8080:-1",
                             "::1:80:80",
                             "[::1:80:80",
                             "[1.2.3.4]:80:80"}) {
        const auto ports = rt::parse_published_port(text);
        ASSERT_FALSE(ports) << text;
        EXPECT_EQ(ports.error().code, rt::Code::invalid_argument) << text;
    }
}

TEST(PublishedPort, ExposedPortsThatAreNotPublishedGetOneOfTheBackendsChoice) {
    const auto published = *rt::parse_published_port("8080:80");
    const auto ports = rt::ports_of_exposed({"443/tcp", "80/tcp", "80/udp"}, published);
    ASSERT_TRUE(ports);
    ASSERT_EQ(ports->size(), 2U);
    EXPECT_EQ((*ports)[0].container_port, 80);
    EXPECT_EQ((*ports)[0].protocol, "udp");
    EXPECT_EQ((*ports)[0].host_port, 0);
    EXPECT_EQ((*ports)[1].container_port, 443);
    EXPECT_FALSE(rt::ports_of_exposed({"80/sctp"}, {}));
}

} // namespace
