// SPDX-License-Identifier: Apache-2.0
#include "core/state/database.hpp"
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
}

TEST_F(WithBusybox, PortsAreDiscardedWithAWarningWhereNoneCanBePublished) {
    const auto host = sh("true", {"--network", "host", "-p", "80:80"});
    EXPECT_EQ(host.exit_code, 0) << host.err;
    EXPECT_THAT(host.err, HasSubstr("Published ports are discarded when using host network mode"));
    const auto none = sh("true", {"--network", "none", "-p", "80:80"});
    EXPECT_EQ(none.exit_code, 0) << none.err;
    EXPECT_THAT(none.err, HasSubstr("Published ports are discarded"));
    const auto created = rtctl_({"create", "--network", "none", "-p", "80:80", "busybox"});
    EXPECT_THAT(created.err, HasSubstr("Published ports are discarded"));
    EXPECT_EQ(rtctl_({"rm", created.out.substr(0, 64)}).exit_code, 0);
}

TEST_F(WithBusybox, AllExposedPortsGetFreePortsOfTheHostThatNobodyElseGets) {
    constexpr int kContainers = 4;
    for (int i = 0; i < kContainers; ++i)
        ASSERT_EQ(rtctl_({"run", "-d", "-P", "--expose", "9", "--expose", "53/udp", "--name",
                          "c" + std::to_string(i), "busybox", "sh", "-c",
                          "while :; do echo hello | nc -l -p 9; done"})
                      .exit_code,
                  0);
    std::set<std::string> ports;
    for (int i = 0; i < kContainers; ++i) {
        const auto settings =
            json::parse(rtctl_({"inspect", "c" + std::to_string(i)}).out)[0]["NetworkSettings"];
        const auto tcp = settings["Ports"]["9/tcp"][0]["HostPort"].get<std::string>();
        ports.insert(tcp);
        ports.insert(settings["Ports"]["53/udp"][0]["HostPort"].get<std::string>() + "/udp");
        EXPECT_TRUE(eventually([&] { return ask(std::stoi(tcp)) == "hello\n"; })) << tcp;
        EXPECT_THAT(rtctl_({"ps"}).out, HasSubstr("0.0.0.0:" + tcp + "->9/tcp"));
    }
    EXPECT_EQ(ports.size(), 2U * kContainers);
    for (int i = 0; i < kContainers; ++i)
        EXPECT_EQ(rtctl_({"rm", "-f", "c" + std::to_string(i)}).exit_code, 0);
}

TEST_F(WithBusybox, TheDefaultNetworkRefusesWhatOnlyUsersNetworksHave) {
    for (const auto& [options, words] : std::vector<std::pair<std::vector<std::string>, const char*>>{
             {{"--ip", "10.88.0.77"}, "user specified IP address is supported on user defined networks only"},
             {{"--network-alias", "web"},
              "network-scoped aliases are only supported for user-defined networks"},
             {{"--network", "bridge", "--network", "none"},
              "container cannot be connected to multiple networks with one of the networks in private (none) "
              "mode"},
             {{"--network", "bridge", "--network", "host"},
              "container sharing network namespace with another container or host cannot be connected to "
              "any"},
             {{"--network", "nowhere"}, "network nowhere not found"},
             {{"-p", "[::]:80:80"}, "does not translate"}}) {
        const auto outcome = sh("true", options);
        EXPECT_EQ(outcome.exit_code, 125) << words;
        EXPECT_THAT(outcome.err, HasSubstr(words));
    }
    EXPECT_EQ(rtctl_({"ps", "-aq"}).out, "") << "what was refused is cleaned up";
}

TEST_F(WithBusybox, TheMacAddressAndLinkLocalAddressesAreTheUsers) {
    const auto outcome =
        sh("ip addr show eth0", {"--mac-address", "02-42-0A-00-00-07", "--link-local-ip", "169.254.7.8"});
    EXPECT_THAT(outcome.out, HasSubstr("02:42:0a:00:00:07")) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("169.254.7.8/16"));
    EXPECT_EQ(sh("true", {"--mac-address", "nonsense"}).exit_code, 125);
    EXPECT_EQ(sh("true", {"--network", "none", "--mac-address", "02:42:0a:00:00:07"}).exit_code, 125);
}

TEST_F(WithBusybox, AStartThatFailsGivesItsPortBack) {
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18082:9", "busybox", "no-such-program"}).exit_code, 127);
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18082:9", "-u", "nobody-here", "busybox", "true"}).exit_code,
              125);
    EXPECT_EQ(rtctl_({"run", "--rm", "-p", "18082:9", "busybox", "true"}).exit_code, 0);
}

// There is no flag for it, as docker's command has none: it comes with the stored description.
TEST_F(WithBusybox, AContainerWithItsNetworkDisabledHasALoopbackAndNothingElse) {
    ASSERT_EQ(rtctl_({"create", "--name", "one", "busybox", "sh", "-c",
                      "ls /sys/class/net; ip addr show lo; ip route; cat /etc/hosts"})
                  .exit_code,
              0);
    ASSERT_TRUE(rt::Database::open(rtctl_.root())
                    ->run("UPDATE containers SET spec = json_set(spec, '$.network_disabled', json('true'))"));
    const auto shown = rtctl_({"start", "-a", "one"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_TRUE(shown.out.starts_with("lo\n1: lo: <LOOPBACK,UP")) << shown.out;
    EXPECT_THAT(shown.out, HasSubstr("inet 127.0.0.1/8"));
    EXPECT_EQ(shown.out.find("default via"), std::string::npos);
    const json one = json::parse(rtctl_({"inspect", "one"}).out)[0];
    EXPECT_TRUE(one["Config"]["NetworkDisabled"].get<bool>());
    EXPECT_TRUE(one["NetworkSettings"]["Networks"].empty()) << one["NetworkSettings"];
    const auto refused = rtctl_({"network", "connect", "bridge", "one"});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_THAT(refused.err, HasSubstr("network disabled"));
    EXPECT_EQ(rtctl_({"rm", "one"}).exit_code, 0);
}

} // namespace
