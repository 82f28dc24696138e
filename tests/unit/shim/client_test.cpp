// SPDX-License-Identifier: Apache-2.0
// The engine's end of a conversation, with a shim that stops in the middle of a word.
#include "core/shim/client.hpp"
#include "core/shim/protocol.hpp"
#include "core/shim/run_files.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>

namespace {

using rt::ShimEvent;
using rt::shim::FrameType;

TEST(ShimClientTest, WhatHasComeInPartIsNotWaitedFor) {
    const rt::test::TempDir dir;
    const auto listening = rt::shim::listen_socket(dir.path());
    ASSERT_TRUE(listening) << listening.error().message;
    auto client = rt::ShimClient::connect(dir.path());
    ASSERT_TRUE(client) << client.error().message;
    rt::UniqueFd shim(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(shim);

    const std::string frame = rt::shim::frame(FrameType::output, 0, std::string(1, '\1') + "hello");
    const auto say = [&](std::size_t from, std::size_t count) {
        EXPECT_EQ(::send(shim.get(), frame.data() + from, count, 0), static_cast<ssize_t>(count));
    };
    EXPECT_EQ(*client->poll_next(), std::nullopt);
    say(0, 3);
    EXPECT_EQ(*client->poll_next(), std::nullopt);
    say(3, frame.size() - 4);
    EXPECT_EQ(*client->poll_next(), std::nullopt);
    say(frame.size() - 1, 1);
    const auto event = client->poll_next();
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->kind, ShimEvent::Kind::output);
    EXPECT_EQ((*event)->data, "hello");
    shim.reset();
    const auto last = client->poll_next();
    ASSERT_TRUE(last && *last);
    EXPECT_EQ((*last)->kind, ShimEvent::Kind::closed);
}

} // namespace
