// SPDX-License-Identifier: Apache-2.0
#include "core/container/stop.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace {

TEST(ParseSignal, TakesNamesAndNumbers) {
    for (const char* text : {"TERM", "SIGTERM", "sigterm", "15"})
        EXPECT_EQ(rt::parse_signal(text).value_or(0), SIGTERM) << text;
    EXPECT_EQ(rt::parse_signal("9").value_or(0), SIGKILL);
    EXPECT_EQ(rt::parse_signal("SIGRTMIN+3").value_or(0), SIGRTMIN + 3);
    EXPECT_EQ(rt::parse_signal("RTMAX-1").value_or(0), SIGRTMAX - 1);
    EXPECT_EQ(rt::parse_signal("RTMIN").value_or(0), SIGRTMIN);
}

TEST(ParseSignal, RefusesTheRest) {
    for (const char* text : {"", "0", "-1", "65", "SIGTREM", "9x", "SIG", "RTMIN+99", "RTMIN-1", "RTMIN+"})
        EXPECT_EQ(rt::parse_signal(text).error().code, rt::Code::invalid_argument) << text;
    EXPECT_NE(rt::parse_signal("SIGTREM").error().message.find("TERM"), std::string::npos);
}

} // namespace
