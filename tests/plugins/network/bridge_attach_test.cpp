// SPDX-License-Identifier: Apache-2.0
// attach, detach and check of the bridge driver: links, addresses, and what is left after failures.
#include "bridge_fixture.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace rt::test {
namespace {

class BridgeAttach : public Bridge {};

TEST_F(BridgeAttach, GivesTheContainerItsAddressAndRoute) {
    NetNs container;
    const Json endpoint = attach(endpoint_in(network_, 5), container);
    EXPECT_EQ(endpoint["result"]["addresses"], Json::array({"10.88.0.5/20"}));
    EXPECT_EQ(endpoint["result"]["gateway"], "10.88.0.1");
    EXPECT_EQ(endpoint["result"]["interfaces"][0]["name"], "eth0");
    EXPECT_EQ(endpoint["result"]["interfaces"][0]["host_name"], "rtve00000000005");
    EXPECT_NE(shell("ip -4 addr show eth0", container.fd()).find("10.88.0.5/20"), std::string::npos);
    EXPECT_NE(shell("ip -4 route", container.fd()).find("default via 10.88.0.1 dev eth0"), std::string::npos);
    EXPECT_NE(shell("ip link show lo", container.fd()).find("LOOPBACK,UP"), std::string::npos);
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_OK);
}

// Else a container that sends router advertisements would have the others send through it.
TEST_F(BridgeAttach, NoEndHasIpv6AlsoAmongManyProcesses) {
    const auto has_none = [](const std::string& link, int netns_fd) {
        return shell("cat /proc/sys/net/ipv6/conf/" + link + "/disable_ipv6", netns_fd) == "1\n";
    };
    NetNs few, many;
    attach(endpoint_in(network_, 5), few);
    {
        std::vector<std::jthread> crowd; // beyond some hundred it is done in another way
        for (int i = 0; i < 600; ++i)
            crowd.emplace_back([](const std::stop_token& end) {
                std::mutex mutex;
                std::unique_lock lock(mutex);
                std::condition_variable_any().wait(lock, end, [] { return false; });
            });
        attach(endpoint_in(network_, 6), many);
    }
    for (const NetNs* container : {&few, &many}) {
        EXPECT_TRUE(has_none("eth0", container->fd()));
        EXPECT_EQ(shell("ip -6 addr show eth0", container->fd()), "");
    }
    EXPECT_TRUE(has_none("rtve00000000005", -1));
    EXPECT_TRUE(has_none("rtve00000000006", -1));
}

TEST_F(BridgeAttach, ContainersOfOneNetworkAndTheHostReachEachOther) {
    NetNs one, two;
    attach(endpoint_in(network_, 5), one);
    attach(endpoint_in(network_, 6), two);
    const Service service(one.fd(), Service::Kind::tcp, "0.0.0.0", 80, "one");
    EXPECT_EQ(ask(two.fd(), Service::Kind::tcp, "10.88.0.5", 80), "one");
    EXPECT_EQ(service.last_client(), "10.88.0.6");
    EXPECT_EQ(ask(-1, Service::Kind::tcp, "10.88.0.5", 80), "one");
}

TEST_F(BridgeAttach, StatsAreWhatTheContainerItselfCounts) {
    NetNs container;
    const Json endpoint = attach(endpoint_in(network_, 5), container);
    const Service service(container.fd(), Service::Kind::tcp, "0.0.0.0", 80, std::string(5000, 'x'));
    ASSERT_TRUE(ask(-1, Service::Kind::tcp, "10.88.0.5", 80));
    Json own;
    Answer counted;
    // Packets that end the connection may still be under way.
    EXPECT_TRUE(eventually([&] {
        own = Json::parse(shell("ip -s -j link show eth0", container.fd()))[0]["stats64"];
        counted = driver_.stats(endpoint);
        return counted.status == RTP_OK && counted.json["eth0"]["rx_bytes"] == own["rx"]["bytes"] &&
               counted.json["eth0"]["tx_bytes"] == own["tx"]["bytes"];
    })) << counted.json
        << own;
    EXPECT_EQ(counted.json["eth0"]["rx_packets"], own["rx"]["packets"]);
    EXPECT_EQ(counted.json["eth0"]["tx_packets"], own["tx"]["packets"]);
    EXPECT_GT(counted.json["eth0"]["tx_bytes"].get<int>(), 5000) << "what it has sent";
    EXPECT_LT(counted.json["eth0"]["rx_bytes"].get<int>(), 5000);
    EXPECT_EQ(counted.json["eth0"].size(), 8U);
    EXPECT_EQ(driver_.detach(endpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(driver_.stats(endpoint).status, RTP_NOT_FOUND);
}

TEST_F(BridgeAttach, DetachCanBeRepeatedAndNeedsNoResult) {
    NetNs container;
    const Json endpoint = endpoint_in(network_, 5, Json::array({port("0.0.0.0", 0, 80)}));
    attach(endpoint, container);
    EXPECT_EQ(driver_.detach(endpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(shell("nft list map inet rt-bridge ports_any").find("elements"), std::string::npos);
    EXPECT_EQ(shell("ip -o link").find("rtv"), std::string::npos);
    EXPECT_EQ(driver_.detach(endpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(driver_.detach(endpoint, -1).status, RTP_OK);
}

TEST_F(BridgeAttach, DetachAfterTheContainersDeathLeavesNothing) {
    NetNs container;
    const Json endpoint = attach(endpoint_in(network_, 5), container);
    container.end();
    EXPECT_EQ(driver_.detach(endpoint, -1).status, RTP_OK);
    EXPECT_TRUE(eventually([] { return shell("ip -o link").find("rtv") == std::string::npos; }));
}

TEST_F(BridgeAttach, DetachWithoutNamespaceRemovesTheLinkOfOneThatLives) {
    NetNs container;
    const Json endpoint = attach(endpoint_in(network_, 5), container);
    EXPECT_EQ(driver_.detach(endpoint, -1).status, RTP_OK);
    EXPECT_EQ(shell("ip -o link").find("rtv"), std::string::npos);
}

TEST_F(BridgeAttach, AnInterruptedAttachCanBeDoneAgain) {
    NetNs first, second;
    const Json endpoint = endpoint_in(network_, 5, Json::array({port("0.0.0.0", 18080, 80)}));
    attach(endpoint, first); // as if its process had been killed before the result was stored
    attach(endpoint, second);
    EXPECT_EQ(driver_.check(endpoints_.back(), second.fd()).status, RTP_OK);
}

TEST_F(BridgeAttach, AFailureLeavesNothingOfTheEndpoint) {
    NetNs container;
    shell("ip link add eth0 type veth peer name eth9", container.fd());
    const std::string picture = picture_of_host();
    const Json endpoint = endpoint_in(network_, 5, Json::array({port("0.0.0.0", 18080, 80)}));
    EXPECT_EQ(driver_.attach(endpoint, container.fd()).status, RTP_ALREADY_EXISTS);
    EXPECT_TRUE(picture_of_host() == picture) << picture << "\nnow:\n" << picture_of_host();
}

TEST_F(BridgeAttach, RefusesAddressesThatAContainerCannotHave) {
    NetNs container;
    for (const std::string address : {"10.88.0.1/20", "10.88.0.0/20", "10.88.15.255/20", "10.99.0.5/20",
                                      "10.88.0.5/24", "10.88.0.5", "", "fd00::1/64"}) {
        Json endpoint = endpoint_in(network_, 5);
        endpoint["addresses"] = Json::array({address});
        EXPECT_EQ(driver_.attach(endpoint, container.fd()).status, RTP_INVALID_ARGUMENT) << address;
    }
}

TEST_F(BridgeAttach, RefusesDocumentsThatAreNotValid) {
    NetNs container;
    Json endpoint = endpoint_in(network_, 5);
    endpoint["id"] = "../../etc";
    EXPECT_EQ(driver_.attach(endpoint, container.fd()).status, RTP_INVALID_ARGUMENT);
    endpoint = endpoint_in(network_, 5);
    endpoint["interface"] = "a/b";
    EXPECT_EQ(driver_.attach(endpoint, container.fd()).status, RTP_INVALID_ARGUMENT);
    EXPECT_EQ(driver_.attach(Json("text"), container.fd()).status, RTP_INVALID_ARGUMENT);
    EXPECT_EQ(driver_.attach(endpoint_in(network_, 5), -1).status, RTP_INVALID_ARGUMENT);
    for (const Json& bad :
         {port("0.0.0.0", 1, 1, "sctp"), port("::1", 1, 1), port("0.0.0.0", 70000, 1), port("0.0.0.0", 1, 0)})
        EXPECT_EQ(driver_.attach(endpoint_in(network_, 5, Json::array({bad})), container.fd()).status,
                  RTP_INVALID_ARGUMENT)
            << bad;
}

TEST_F(BridgeAttach, CheckTellsWhatIsMissing) {
    NetNs container;
    const Json endpoint =
        attach(endpoint_in(network_, 5, Json::array({port("0.0.0.0", 18080, 80)})), container);
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_OK);
    shell("nft flush map inet rt-bridge ports_any");
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_FAILED_PRECONDITION);
    shell("ip addr flush dev eth0", container.fd());
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_FAILED_PRECONDITION);
    shell("ip link del rtve00000000005");
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_FAILED_PRECONDITION);
}

TEST_F(BridgeAttach, MakesTheNetworkAgainWhereItIsMissing) {
    NetNs container;
    const std::string bridge = network_["result"]["bridge"];
    shell("ip link del " + bridge + "; nft flush ruleset");
    const Json endpoint =
        attach(endpoint_in(network_, 5, Json::array({port("0.0.0.0", 18080, 80)})), container);
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_OK);
}

// What `systemctl restart nftables` does: the bridge stays, its rules are gone.
TEST_F(BridgeAttach, MakesTheRulesAgainWhereOnlyTheyAreMissing) {
    const std::string bridge = network_["result"]["bridge"];
    const std::string rules = shell("nft list ruleset");
    for (const Json& ports : {Json::array(), Json::array({port("0.0.0.0", 18080, 80)})})
        for (const std::string& damage :
             {std::string("nft flush ruleset"),
              // by now another network has made the table again
              "nft delete element inet rt-bridge bridges { \"" + bridge + "\" }"}) {
            NetNs container;
            shell(damage);
            const Json endpoint = endpoint_in(network_, 5, ports);
            const Answer attached = driver_.attach(endpoint, container.fd());
            ASSERT_EQ(attached.status, RTP_OK) << damage << ": " << attached.message;
            EXPECT_NE(shell("nft list set inet rt-bridge bridges").find(bridge), std::string::npos) << damage;
            EXPECT_EQ(driver_.detach(endpoint, container.fd()).status, RTP_OK);
            EXPECT_EQ(shell("nft list ruleset"), rules) << damage;
        }
}

TEST_F(BridgeAttach, SwitchesForwardingOnAgainWhereSomebodySwitchedItOff) {
    NetNs container;
    const Json endpoint = attach(endpoint_in(network_, 5), container);
    shell("echo 0 >/proc/sys/net/ipv4/ip_forward");
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_FAILED_PRECONDITION);
    NetNs other;
    attach(endpoint_in(network_, 6), other);
    EXPECT_EQ(driver_.check(endpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(shell("cat /proc/sys/net/ipv4/ip_forward"), "1\n");
}

// A dead container's link is left to the kernel, which takes a moment.
TEST_F(BridgeAttach, DetachWhereSomebodyRemovedTheBridgeIsNoFailure) {
    for (int number = 0; number < 10; ++number) {
        Json endpoint;
        {
            NetNs container;
            endpoint = attach(endpoint_in(network_, 5), container);
            shell("ip link del " + network_["result"]["bridge"].get<std::string>());
        }
        const Answer detached = driver_.detach(endpoint, -1);
        EXPECT_EQ(detached.status, RTP_OK) << detached.message;
    }
}

TEST_F(BridgeAttach, AContainerMayBeInTwoNetworks) {
    NetNs container;
    const Json other = make_network("ddddeeeeffff");
    attach(endpoint_in(network_, 5), container);
    Json second = endpoint_in(other, 6);
    second["interface"] = "eth1";
    attach(second, container);
    EXPECT_NE(shell("ip -4 route", container.fd()).find("default via 10.88.0.1 dev eth0"), std::string::npos);
    EXPECT_EQ(driver_.check(endpoints_.back(), container.fd()).status, RTP_OK);
}

} // namespace
} // namespace rt::test
