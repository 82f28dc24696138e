// SPDX-License-Identifier: Apache-2.0
#include "with_busybox.hpp"

#include <arpa/inet.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

// What a TCP server at this port says; "" while there is none.
std::string ask(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string text;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        char buffer[256];
        for (ssize_t count = 0; (count = ::read(fd, buffer, sizeof buffer)) > 0;)
            text.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(fd);
    return text;
}

TEST_F(WithBusybox, ContainersReachTheirGatewayAndEachOther) {
    const auto outcome =
        sh("ip -4 addr show eth0; ip route; gw=$(ip route | grep default | cut -d' ' -f3); ping -c1 -W2 $gw");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("inet 10."));
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "server", "busybox", "nc", "-l", "-p", "9", "-e", "echo", "hello"})
            .exit_code,
        0);
    const auto address =
        json::parse(
            rtctl_({"inspect", "server"}).out)[0]["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
            .get<std::string>();
    EXPECT_TRUE(eventually([&] { return sh("nc " + address + " 9 < /dev/null").out == "hello\n"; }));
    EXPECT_EQ(rtctl_({"rm", "-f", "server"}).exit_code, 0);
}

TEST_F(WithBusybox, APublishedPortIsReachedFromTheHost) {
    ASSERT_EQ(rtctl_({"run", "-d", "--name", "server", "-p", "18080:9", "busybox", "sh", "-c",
                      "while :; do echo hello | nc -l -p 9; done"})
                  .exit_code,
              0);
    EXPECT_TRUE(eventually([&] { return ask(18080) == "hello\n"; }));
    EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("0.0.0.0:18080->9/tcp"));
    const auto taken = rtctl_({"run", "--rm", "-p", "18080:9", "busybox", "true"});
    EXPECT_EQ(taken.exit_code, 125);
    EXPECT_THAT(taken.err, HasSubstr("18080"));
    EXPECT_EQ(rtctl_({"rm", "-f", "server"}).exit_code, 0);
    EXPECT_EQ(ask(18080), "");
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18080:9", "busybox", "true"}).exit_code, 0);
}

TEST_F(WithBusybox, APortThatAProcessHoldsIsRefused) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(18081);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(fd, 1), 0);
    const auto outcome = rtctl_({"run", "--rm", "-p", "18081:80", "busybox", "true"});
    EXPECT_EQ(outcome.exit_code, 125);
    EXPECT_THAT(outcome.err, HasSubstr("18081"));
    ::close(fd);
}

TEST_F(WithBusybox, HostNetworkIsTheHostsAndNoneHasOnlyLo) {
    EXPECT_EQ(sh("hostname", {"--network", "host"}).out, rt::test::run_program({"hostname"}).out);
    EXPECT_THAT(sh("ip link", {"--network", "host"}).out, HasSubstr("rt"));
    const auto none = sh("ip -o link; ping -c1 127.0.0.1 > /dev/null && echo pong", {"--network", "none"});
    EXPECT_EQ(std::ranges::count(none.out, '\n'), 2) << none.out;
    EXPECT_THAT(none.out, HasSubstr("pong"));
    EXPECT_EQ(rtctl_({"run", "--rm", "--network", "none", "-p", "80:80", "busybox", "true"}).exit_code, 125);
}

TEST_F(WithBusybox, AStartThatFailsGivesItsPortBack) {
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18082:9", "busybox", "no-such-program"}).exit_code, 127);
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18082:9", "-u", "nobody-here", "busybox", "true"}).exit_code,
              125);
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18082:9", "busybox", "true"}).exit_code, 0);
}

} // namespace
