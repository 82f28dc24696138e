// SPDX-License-Identifier: Apache-2.0
#include "tools/rt-shim/listener.hpp"
#include "tools/rt-shim/name_forwarder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

namespace rt::shim {
namespace {

// At a port of the kernel's choice.
UniqueFd loopback_socket(int type, sockaddr_in& address) {
    UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return fd;
}

// No descriptor is left for a client that waits: the loop rests meanwhile, and takes it later.
#ifndef RT_SANITIZED // which needs descriptors to look at memory
TEST(Listener, WithoutADescriptorForAClientTheLoopDoesNotSpin) {
    EventLoop loop;
    ASSERT_TRUE(loop.open());
    std::vector<UniqueFd> clients;
    Listener listener(loop, SOCK_CLOEXEC, [&](UniqueFd client) {
        clients.push_back(std::move(client));
        loop.stop();
    });
    sockaddr_in address{};
    UniqueFd socket = loopback_socket(SOCK_STREAM, address);
    ASSERT_EQ(::listen(socket.get(), 4), 0);
    ASSERT_TRUE(listener.open(std::move(socket)));
    const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);

    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    Timer relief(loop, [&] { ::setrlimit(RLIMIT_NOFILE, &before); });
    relief.arm(300'000'000);
    Timer too_late(loop, [&] { loop.stop(); });
    too_late.arm(5'000'000'000);
    int turns = 0;
    loop.run([&] { ++turns; }, [] {});
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(clients.size(), 1U);
    EXPECT_LT(turns, 20);
}
#endif

// Each question that others have to answer costs a descriptor, of which the shim needs some for itself.
TEST(NameForwarder, QuestionsUnderWayAreBounded) {
    EventLoop loop;
    ASSERT_TRUE(loop.open());
    sockaddr_in address{};
    const UniqueFd silent = loopback_socket(SOCK_DGRAM, address);
    ServerAddress server;
    *reinterpret_cast<sockaddr_in*>(&server.address) = address;
    server.size = sizeof address;
    NameForwarder forwarder(loop);
    forwarder.use({server});
    int taken = 0;
    int ended = 0;
    for (int number = 0; number < 300; ++number)
        if (forwarder.ask("a question that is long enough", [&](std::string_view) { ++ended; })) ++taken;
    EXPECT_EQ(taken, 256);
    EXPECT_EQ(ended, 0);
    forwarder.forget();
    forwarder.sweep();
    EXPECT_TRUE(forwarder.ask("a question that is long enough", [](std::string_view) {}));
}

} // namespace
} // namespace rt::shim
