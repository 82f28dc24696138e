// SPDX-License-Identifier: Apache-2.0
#include "core/container/port_text.hpp"

#include <gtest/gtest.h>

namespace {

using rt::show_ports;

TEST(PortText, GroupsNeighboursAsDockerDoes) {
    EXPECT_EQ(show_ports({}), "");
    EXPECT_EQ(show_ports({{"0.0.0.0", 8080, 80, "tcp"}}), "0.0.0.0:8080->80/tcp");
    EXPECT_EQ(show_ports({{"0.0.0.0", 82, 82, "tcp"},
                          {"0.0.0.0", 80, 80, "tcp"},
                          {"0.0.0.0", 81, 81, "tcp"},
                          {"", 0, 90, "udp"},
                          {"0.0.0.0", 8080, 70, "tcp"}}),
              "0.0.0.0:80-82->80-82/tcp, 90/udp, 0.0.0.0:8080->70/tcp");
    EXPECT_EQ(show_ports({{"", 0, 1, "tcp"}, {"", 0, 3, "tcp"}, {"", 0, 4, "tcp"}}), "1/tcp, 3-4/tcp");
    EXPECT_EQ(show_ports({{"::", 80, 80, "tcp"}}), "[::]:80->80/tcp");
}

} // namespace
