// SPDX-License-Identifier: Apache-2.0
// Published ports and masquerade, with real traffic: a machine outside (192.0.2.2) that is joined to the host
// (192.0.2.1) by a wire and has no route to containers, the host itself, and containers.
#include "bridge_fixture.hpp"

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>

namespace rt::test {
namespace {

using Kind = Service::Kind;
using namespace std::chrono_literals;

class BridgePorts : public Bridge {
protected:
    void SetUp() override {
        shell("ip link add up0 type veth peer name wire0 netns " + std::to_string(outside_.pid()) +
              "; ip addr add 192.0.2.1/24 dev up0; ip link set up0 up");
        shell("ip addr add 192.0.2.2/24 dev wire0; ip link set wire0 up; ip link set lo up", outside_.fd());
        ASSERT_TRUE(
            eventually([] { return shell("ip -o link show up0").find("state UP") != std::string::npos; }));
        Bridge::SetUp();
    }
    void TearDown() override {
        Bridge::TearDown();
        shell("ip link del up0");
    }
    NetNs outside_, container_, neighbour_;
};

std::string elements() {
    return shell("nft list map inet rt-bridge ports; nft list map inet rt-bridge ports_any");
}

TEST_F(BridgePorts, AContainerReachesTheOutsideWithTheHostsAddress) {
    attach(endpoint_in(network_, 5), container_);
    const Service service(outside_.fd(), Kind::tcp, "192.0.2.2", 80, "outside");
    EXPECT_EQ(ask(container_.fd(), Kind::tcp, "192.0.2.2", 80), "outside");
    EXPECT_EQ(service.last_client(), "192.0.2.1");
}

TEST_F(BridgePorts, WithoutMasqueradeTheContainersAddressIsSeenOutside) {
    const Json plain = make_network("ddddeeeeffff", {{"masquerade", "false"}});
    attach(endpoint_in(plain, 7), container_);
    shell("ip route add 10.88.16.0/20 via 192.0.2.1", outside_.fd());
    const Service service(outside_.fd(), Kind::tcp, "192.0.2.2", 80, "outside");
    EXPECT_EQ(ask(container_.fd(), Kind::tcp, "192.0.2.2", 80), "outside");
    EXPECT_EQ(service.last_client(), "10.88.16.7");
}

TEST_F(BridgePorts, ATcpPortIsReachedFromEverywhere) {
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    attach(endpoint_in(network_, 5, Json::array({port("0.0.0.0", 8080, 80)})), container_);
    attach(endpoint_in(network_, 6), neighbour_);
    EXPECT_EQ(ask(outside_.fd(), Kind::tcp, "192.0.2.1", 8080), "web");
    EXPECT_EQ(service.last_client(), "192.0.2.2");
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080), "web");
    EXPECT_EQ(ask(-1, Kind::tcp, "192.0.2.1", 8080), "web");
    EXPECT_EQ(ask(-1, Kind::tcp, "10.88.0.1", 8080), "web");
    EXPECT_EQ(ask(neighbour_.fd(), Kind::tcp, "192.0.2.1", 8080), "web");
    EXPECT_EQ(ask(neighbour_.fd(), Kind::tcp, "10.88.0.1", 8080), "web");
    EXPECT_EQ(ask(container_.fd(), Kind::tcp, "192.0.2.1", 8080), "web") << "hairpin to itself";
}

TEST_F(BridgePorts, AUdpPortIsReachedFromEverywhere) {
    const Service service(container_.fd(), Kind::udp, "0.0.0.0", 53, "dns");
    attach(endpoint_in(network_, 5, Json::array({port("0.0.0.0", 5353, 53, "udp")})), container_);
    attach(endpoint_in(network_, 6), neighbour_);
    EXPECT_EQ(ask(outside_.fd(), Kind::udp, "192.0.2.1", 5353), "dns");
    EXPECT_EQ(ask(-1, Kind::udp, "127.0.0.1", 5353), "dns");
    EXPECT_EQ(ask(-1, Kind::udp, "192.0.2.1", 5353), "dns");
    EXPECT_EQ(ask(neighbour_.fd(), Kind::udp, "192.0.2.1", 5353), "dns");
    EXPECT_EQ(ask(container_.fd(), Kind::udp, "192.0.2.1", 5353), "dns");
}

TEST_F(BridgePorts, APortOfOneHostAddressIsOnThatAddressOnly) {
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    attach(endpoint_in(network_, 5, Json::array({port("192.0.2.1", 8080, 80), port("127.0.0.1", 8081, 80)})),
           container_);
    EXPECT_EQ(ask(outside_.fd(), Kind::tcp, "192.0.2.1", 8080), "web");
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080), std::nullopt);
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8081), "web");
    EXPECT_EQ(ask(outside_.fd(), Kind::tcp, "192.0.2.1", 8081), std::nullopt);
}

TEST_F(BridgePorts, WhatIsNotPublishedIsNotReachedFromOutside) {
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    attach(endpoint_in(network_, 5, Json::array({port("127.0.0.1", 8080, 80)})), container_);
    shell("ip route add 10.88.0.0/16 via 192.0.2.1; ip route del local 127.0.0.0/8 table local;"
          "ip route add 127.0.0.0/8 via 192.0.2.1 dev wire0; sysctl -qw net.ipv4.conf.wire0.route_localnet=1 "
          "|| "
          "echo 1 > /proc/sys/net/ipv4/conf/wire0/route_localnet",
          outside_.fd());
    EXPECT_EQ(ask(outside_.fd(), Kind::tcp, "10.88.0.5", 80, 300ms), std::nullopt);
    EXPECT_EQ(ask(outside_.fd(), Kind::tcp, "127.0.0.1", 8080, 300ms), std::nullopt);
}

TEST_F(BridgePorts, AContainerCannotReachTheHostsLoopback) {
    const Service service(-1, Kind::tcp, "127.0.0.1", 9000, "secret");
    attach(endpoint_in(network_, 5), container_);
    shell("ip route del local 127.0.0.0/8 table local; ip route del local 127.0.0.1 table local;"
          "ip addr add 127.1.2.3/32 dev eth0; ip route add 127.0.0.1/32 via 10.88.0.1;"
          "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet",
          container_.fd());
    EXPECT_EQ(ask(container_.fd(), Kind::tcp, "127.0.0.1", 9000, 300ms), std::nullopt);
}

TEST_F(BridgePorts, NetworksAreKeptApart) {
    const Json other = make_network("ddddeeeeffff");
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    attach(endpoint_in(network_, 5, Json::array({port("0.0.0.0", 8080, 80)})), container_);
    attach(endpoint_in(other, 6), neighbour_);
    EXPECT_EQ(ask(neighbour_.fd(), Kind::tcp, "10.88.0.5", 80, 300ms), std::nullopt);
    EXPECT_EQ(ask(neighbour_.fd(), Kind::tcp, "192.0.2.1", 8080), "web")
        << "but published ports are for everybody";
}

TEST_F(BridgePorts, WithoutIccContainersDoNotReachEachOther) {
    const Json closed = make_network("ddddeeeeffff", {{"com.docker.network.bridge.enable_icc", "false"}});
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    attach(endpoint_in(closed, 5), container_);
    attach(endpoint_in(closed, 6), neighbour_);
    EXPECT_EQ(ask(neighbour_.fd(), Kind::tcp, "10.88.16.5", 80, 300ms), std::nullopt);
    EXPECT_EQ(ask(-1, Kind::tcp, "10.88.16.5", 80), "web");
}

TEST_F(BridgePorts, APortIsChosenWhereNoneIsGiven) {
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    const Json done = attach(
        endpoint_in(network_, 5, Json::array({port("", 0, 80), port("127.0.0.1", 0, 80)})), container_);
    for (const auto& chosen : done["result"]["ports"]) {
        EXPECT_GT(chosen["host_port"].get<int>(), 1023);
        EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", chosen["host_port"].get<std::uint16_t>()), "web");
    }
    EXPECT_EQ(driver_.check(done, container_.fd()).status, RTP_OK);
}

TEST_F(BridgePorts, APortOfAnotherEndpointIsRefusedAndItsHolderNamed) {
    attach(endpoint_in(network_, 5, Json::array({port("0.0.0.0", 8080, 80), port("192.0.2.1", 8081, 80)})),
           container_);
    const std::string before = elements();
    const std::vector<Json> conflicts{port("0.0.0.0", 8080, 81), port("192.0.2.1", 8080, 80),
                                      port("0.0.0.0", 8081, 80), port("192.0.2.1", 8081, 80)};
    for (const auto& conflict : conflicts) {
        const Json ports = Json::array({port("0.0.0.0", 9090, 90), conflict});
        const Answer answer = driver_.attach(endpoint_in(network_, 6, ports), neighbour_.fd());
        EXPECT_EQ(answer.status, RTP_ALREADY_EXISTS) << conflict;
        EXPECT_NE(answer.message.find("e00000000005"), std::string::npos) << answer.message;
        EXPECT_EQ(elements(), before) << conflict;
    }
    const Json fine = Json::array({port("0.0.0.0", 8080, 80, "udp"), port("127.0.0.1", 8081, 80)});
    attach(endpoint_in(network_, 6, fine), neighbour_);
}

TEST_F(BridgePorts, APortThatIsAskedForTwiceIsRefusedAsWhatItIs) {
    for (const Json& second :
         {port("0.0.0.0", 8080, 80), port("0.0.0.0", 8080, 81), port("192.0.2.1", 8080, 80)})
        for (const bool turned : {false, true}) {
            Json both = Json::array({port("0.0.0.0", 8080, 80), second});
            if (turned) std::swap(both[0], both[1]);
            const Answer answer = driver_.attach(endpoint_in(network_, 5, both), container_.fd());
            EXPECT_EQ(answer.status, RTP_INVALID_ARGUMENT) << both << ": " << answer.message;
        }
    EXPECT_EQ(elements().find("elements"), std::string::npos);
    attach(endpoint_in(network_, 5,
                       Json::array({port("127.0.0.1", 8080, 80), port("192.0.2.1", 8080, 80),
                                    port("127.0.0.1", 8080, 80, "udp"), port("0.0.0.0", 0, 80),
                                    port("0.0.0.0", 0, 80)})),
           container_);
}

TEST_F(BridgePorts, APortOfAProgramOfTheHostIsRefused) {
    const Service tcp(-1, Kind::tcp, "127.0.0.1", 8080, "host"), udp(-1, Kind::udp, "0.0.0.0", 8081, "host");
    for (const auto& taken :
         {port("0.0.0.0", 8080, 80), port("127.0.0.1", 8080, 80), port("192.0.2.1", 8081, 80, "udp")})
        EXPECT_EQ(driver_.attach(endpoint_in(network_, 5, Json::array({taken})), container_.fd()).status,
                  RTP_UNAVAILABLE)
            << taken;
    EXPECT_EQ(
        driver_.attach(endpoint_in(network_, 5, Json::array({port("192.0.2.77", 1, 1)})), container_.fd())
            .status,
        RTP_FAILED_PRECONDITION)
        << "not an address of this host";
    attach(endpoint_in(network_, 5, Json::array({port("192.0.2.1", 8080, 80)})), container_);
}

TEST_F(BridgePorts, ADetachedPortLeadsToItsNewHolderAtOnce) {
    const Service old_service(container_.fd(), Kind::udp, "0.0.0.0", 53, "old");
    const Service new_service(neighbour_.fd(), Kind::udp, "0.0.0.0", 53, "new");
    sdk::UniqueFd client; // one socket all the time: its flow is tracked
    in_namespace(outside_.fd(), [&] { client.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)); });
    const timeval timeout{1, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(5353);
    ::inet_pton(AF_INET, "192.0.2.1", &where.sin_addr);
    const auto query = [&]() -> std::string {
        std::array<char, 16> answer{};
        ::sendto(client.get(), "?", 1, 0, reinterpret_cast<const sockaddr*>(&where), sizeof where);
        const ssize_t size = ::recv(client.get(), answer.data(), answer.size(), 0);
        return {answer.data(), static_cast<std::size_t>(size < 0 ? 0 : size)};
    };
    const Json ports = Json::array({port("0.0.0.0", 5353, 53, "udp")});
    const Json first = attach(endpoint_in(network_, 5, ports), container_);
    // Asked again where a link was not up yet: a flow that led to the old holder would live on with each.
    EXPECT_TRUE(eventually([&] { return query() == "old"; }));
    EXPECT_EQ(driver_.detach(first, container_.fd()).status, RTP_OK);
    attach(endpoint_in(network_, 6, ports), neighbour_);
    EXPECT_TRUE(eventually([&] { return query() == "new"; }));
}

TEST_F(BridgePorts, DetachLeavesAPortAloneThatBelongsToAnotherByNow) {
    const Json ports = Json::array({port("0.0.0.0", 8080, 80)});
    const Json first = attach(endpoint_in(network_, 5, ports), container_);
    EXPECT_EQ(driver_.detach(first, container_.fd()).status, RTP_OK);
    attach(endpoint_in(network_, 6, ports), neighbour_);
    EXPECT_EQ(driver_.detach(first, container_.fd()).status, RTP_OK);
    EXPECT_EQ(driver_.check(endpoints_.back(), neighbour_.fd()).status, RTP_OK);
}

TEST_F(BridgePorts, ManyPortsArePublishedInOneGoAlsoWithFewDescriptors) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit few{1024, before.rlim_max}; // what systemd gives
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    Json ports = Json::array();
    for (int i = 0; i < 3000; ++i)
        ports.push_back(port("0.0.0.0", 20000 + i, 1000 + i, i % 2 == 0 ? "tcp" : "udp"));
    const Json endpoint = attach(endpoint_in(network_, 5, ports), container_);
    EXPECT_EQ(driver_.check(endpoint, container_.fd()).status, RTP_OK);
    EXPECT_EQ(driver_.detach(endpoint, container_.fd()).status, RTP_OK);
    EXPECT_EQ(elements().find("elements"), std::string::npos);
    rlimit after{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(after.rlim_cur, few.rlim_cur) << "what is started later would inherit more";
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(BridgePorts, MorePortsThanDescriptorsCanBeHadAreRefusedWithTheLimit) {
    // The hard limit cannot be raised again, so in a process of its own.
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit few{300, 300};
        Json ports = Json::array();
        for (int i = 0; i < 400; ++i) ports.push_back(port("0.0.0.0", 20000 + i, 1000 + i));
        if (::setrlimit(RLIMIT_NOFILE, &few) != 0) ::_exit(1);
        const Answer answer = driver_.attach(endpoint_in(network_, 5, ports), container_.fd());
        ::_exit(answer.status == RTP_RESOURCE_EXHAUSTED && answer.message.find("ulimit") != std::string::npos
                    ? 0
                    : 2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(elements().find("elements"), std::string::npos);
}

} // namespace
} // namespace rt::test
