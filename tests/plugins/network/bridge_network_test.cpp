// SPDX-License-Identifier: Apache-2.0
// create_network, remove_network and probe of the bridge driver.
#include "bridge_fixture.hpp"

#include <sys/wait.h>

#include <set>

namespace rt::test {
namespace {

class BridgeNetwork : public Bridge {
protected:
    static std::string subnet(const Json& network) { return network["result"]["subnets"][0]["subnet"]; }
};

TEST_F(BridgeNetwork, IsMadeWithGatewayForwardingAndAName) {
    EXPECT_EQ(subnet(network_), "10.88.0.0/20");
    EXPECT_EQ(network_["result"]["subnets"][0]["gateway"], "10.88.0.1");
    EXPECT_EQ(network_["result"]["bridge"], "rt-braaaabbbb");
    EXPECT_NE(shell("ip link show rt-braaaabbbb").find("alias rt network aaaabbbbcccc"), std::string::npos);
    EXPECT_EQ(shell("cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/rt-braaaabbbb/route_localnet"),
              "1\n1\n");
    EXPECT_EQ(shell("ip -6 addr show dev rt-braaaabbbb"), "");
}

TEST_F(BridgeNetwork, TheSameCallGivesTheSameResult) {
    Json again = network_;
    EXPECT_EQ(driver_.create_network(again).json, network_["result"]);
    again.erase("result");
    EXPECT_EQ(driver_.create_network(again).json, network_["result"]);
}

TEST_F(BridgeNetwork, TheTableCanBeSavedAndRestored) {
    const std::string before = shell("nft list ruleset");
    shell("nft list ruleset > /dev/shm/rt-net-test.$$ && nft flush ruleset && nft -f "
          "/dev/shm/rt-net-test.$$; r=$?; "
          "rm /dev/shm/rt-net-test.$$; exit $r");
    EXPECT_EQ(shell("nft list ruleset"), before);
    EXPECT_EQ(driver_.create_network(network_).status, RTP_OK);
    EXPECT_EQ(shell("nft list ruleset"), before);
}

TEST_F(BridgeNetwork, WhatIsMissingIsMadeAgain) {
    const std::string bridge = "rt-braaaabbbb";
    const std::string look = "{ ip -o -4 addr; ip -4 route; } | sed -E 's/^[0-9]+: //; s/ linkdown//'; nft "
                             "list ruleset; cat /proc/sys/net/ipv4/ip_forward "
                             "/proc/sys/net/ipv4/conf/" +
                             bridge + "/route_localnet";
    const std::string before = shell(look);
    for (const std::string& damage : std::vector<std::string>{
             "ip link del " + bridge, "ip addr flush dev " + bridge, "ip link set " + bridge + " down",
             std::string("nft flush ruleset"),
             "nft delete element inet rt-bridge bridges { \"" + bridge + "\" }",
             std::string("echo 0 > /proc/sys/net/ipv4/ip_forward"),
             "echo 0 > /proc/sys/net/ipv4/conf/" + bridge + "/route_localnet",
             "ip link del " + bridge + "; nft flush ruleset; echo 0 > /proc/sys/net/ipv4/ip_forward"}) {
        shell(damage);
        const Answer answer = driver_.create_network(network_);
        EXPECT_EQ(answer.status, RTP_OK) << damage << ": " << answer.message;
        EXPECT_EQ(answer.json, network_["result"]);
        EXPECT_EQ(shell(look), before) << damage;
        EXPECT_NE(shell("ip -br -4 addr show dev " + bridge).find("10.88.0.1/20"), std::string::npos)
            << damage;
        EXPECT_NE(shell("nft list set inet rt-bridge bridges").find(bridge), std::string::npos) << damage;
    }
    EXPECT_EQ(before.empty(), false);
}

TEST_F(BridgeNetwork, SubnetsOfTheHostAndOfOtherNetworksAreNotUsed) {
    shell("ip link add up0 type veth peer name up1; ip link set up0 up; ip addr add 10.88.20.1/24 dev up0;"
          "ip route add 10.88.33.0/24 dev up0 table 99; ip route add blackhole 10.88.48.0/20;"
          "ip route add 10.88.64.0/32 dev up0; ip route add 0.0.0.0/1 dev up0; ip route add default dev up0");
    EXPECT_EQ(subnet(make_network("ddddeeeeffff")), "10.88.80.0/20");
    EXPECT_EQ(subnet(make_network("eeeeffff0000")), "10.88.96.0/20");
    shell("ip link del up0; ip route flush table 99; ip route del blackhole 10.88.48.0/20");
}

TEST_F(BridgeNetwork, ASubnetGivenAwayIsKeptOverAReboot) {
    shell("ip link del rt-braaaabbbb; nft flush ruleset");
    EXPECT_EQ(subnet(make_network("ddddeeeeffff")), "10.88.16.0/20");
    EXPECT_EQ(driver_.create_network(network_).json, network_["result"]);
}

TEST_F(BridgeNetwork, AnEmptyPoolIsReported) {
    NetworkDriver small("bridge", {{"pool", "10.77.0.0/29"}, {"prefix_length", 30}});
    std::vector<Json> made;
    for (const std::string id : {"100000000000", "200000000000"}) {
        Json network{{"id", id}, {"name", id}};
        EXPECT_EQ(small.create_network(network).status, RTP_OK);
        made.push_back(network);
    }
    EXPECT_EQ(small.create_network({{"id", "300000000000"}, {"name", "c"}}).status, RTP_RESOURCE_EXHAUSTED);
    for (const auto& network : made) EXPECT_EQ(small.remove_network(network).status, RTP_OK);
}

TEST_F(BridgeNetwork, OptionsAreFollowed) {
    const Json network = make_network("ddddeeeeffff", {{"subnet", "10.99.1.0/24"},
                                                       {"gateway", "10.99.1.254"},
                                                       {"com.docker.network.bridge.name", "mybridge0"},
                                                       {"com.docker.network.driver.mtu", "1400"}});
    EXPECT_EQ(network["result"]["subnets"][0],
              Json({{"subnet", "10.99.1.0/24"}, {"gateway", "10.99.1.254"}}));
    EXPECT_NE(shell("ip link show mybridge0").find("mtu 1400"), std::string::npos);
    NetNs container;
    attach(endpoint_in(network, 5), container);
    EXPECT_NE(shell("ip link show eth0", container.fd()).find("mtu 1400"), std::string::npos);
}

TEST_F(BridgeNetwork, OptionsThatCannotBeFollowedAreRefused) {
    for (const Json& options :
         {Json{{"unknown", "1"}}, Json{{"subnet", "10.99.1.1/24"}}, Json{{"subnet", "fd00::/64"}},
          Json{{"mtu", "x"}}, Json{{"subnet", "10.99.1.0/24"}, {"gateway", "10.99.2.1"}},
          Json{{"bridge_name", "../x"}}, Json{{"masquerade", "perhaps"}}, Json{{"subnet", "10.99.1.0/31"}}}) {
        const Json network{{"id", "ddddeeeeffff"}, {"name", "n"}, {"options", options}};
        EXPECT_EQ(driver_.create_network(network).status, RTP_INVALID_ARGUMENT) << options;
        EXPECT_EQ(driver_.remove_network({{"id", "ddddeeeeffff"}, {"name", "n"}}).status, RTP_OK);
    }
    const Json overlapping{{"id", "ddddeeeeffff"}, {"name", "n"}, {"options", {{"subnet", "10.88.0.0/24"}}}};
    EXPECT_EQ(driver_.create_network(overlapping).status, RTP_FAILED_PRECONDITION);
}

TEST_F(BridgeNetwork, ABridgeOfSomebodyElseIsLeftAlone) {
    shell("ip link add theirs type bridge");
    const std::string before = picture_of_host();
    const Json network{{"id", "ddddeeeeffff"}, {"name", "n"}, {"options", {{"bridge_name", "theirs"}}}};
    EXPECT_EQ(driver_.create_network(network).status, RTP_ALREADY_EXISTS);
    EXPECT_EQ(driver_.remove_network(network).status, RTP_OK);
    EXPECT_EQ(picture_of_host(), before);
    shell("ip link del theirs");
}

TEST_F(BridgeNetwork, RemovalCanBeRepeatedAndNeedsNoResult) {
    Json network = make_network("ddddeeeeffff");
    network.erase("result");
    EXPECT_EQ(driver_.remove_network(network).status, RTP_OK);
    EXPECT_EQ(shell("ip -o link").find("rt-brddddeeee"), std::string::npos);
    EXPECT_EQ(driver_.remove_network(network).status, RTP_OK);
    EXPECT_NE(shell("nft list tables").find("rt-bridge"), std::string::npos) << "another network needs it";
    EXPECT_EQ(driver_.remove_network(network_).status, RTP_OK);
    EXPECT_EQ(shell("nft list tables"), "");
}

TEST_F(BridgeNetwork, ABridgeThatWasBegunIsFinished) {
    // As a process leaves it that is killed right after making the bridge: known by its hardware address
    // alone.
    shell("ip link del rt-braaaabbbb; ip link add rt-braaaabbbb address 02:72:0a:58:00:01 type bridge");
    EXPECT_EQ(driver_.create_network(network_).status, RTP_OK);
    EXPECT_NE(shell("ip link show rt-braaaabbbb").find("alias rt network aaaabbbbcccc"), std::string::npos);
}

// Runs body in count processes at once; the number of them that returned true.
int in_processes(int count, const std::function<bool(int)>& body) {
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) ::_exit(body(i) ? 0 : 1);
        children.push_back(pid);
    }
    int succeeded = 0;
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        succeeded += status == 0 ? 1 : 0;
    }
    return succeeded;
}

TEST_F(BridgeNetwork, ProcessesThatMakeItAtOnceAllSucceedWithOneResult) {
    for (int round = 0; round < 5; ++round) {
        EXPECT_EQ(driver_.remove_network(network_).status, RTP_OK);
        EXPECT_EQ(
            in_processes(4, [&](int) { return driver_.create_network(network_).json == network_["result"]; }),
            4);
        shell("ip link del rt-braaaabbbb; nft flush ruleset");
        EXPECT_EQ(in_processes(4, [&](int) { return driver_.create_network(network_).status == RTP_OK; }), 4);
        const std::string rules = shell("nft list chain inet rt-bridge to_containers");
        EXPECT_EQ(rules.find("drop"), rules.rfind("drop")) << "the table was made twice:\n" << rules;
    }
}

TEST_F(BridgeNetwork, NetworksMadeAtOnceGetDifferentSubnets) {
    EXPECT_EQ(in_processes(6,
                           [&](int i) {
                               const Json network{{"id", "f" + std::to_string(i) + "0000000000"},
                                                  {"name", "n"}};
                               return driver_.create_network(network).status == RTP_OK;
                           }),
              6);
    std::set<std::string> subnets;
    for (int i = 0; i < 6; ++i) {
        Json network{{"id", "f" + std::to_string(i) + "0000000000"}, {"name", "n"}};
        network["result"] = driver_.create_network(network).json;
        subnets.insert(subnet(network));
        networks_.push_back(network);
    }
    EXPECT_EQ(subnets.size(), 6U);
}

TEST_F(BridgeNetwork, ProcessesThatAttachAtOnceAllSucceedAndOfOnePortOnlyOneGetsIt) {
    std::vector<std::unique_ptr<NetNs>> containers;
    for (int i = 0; i < 4; ++i) containers.push_back(std::make_unique<NetNs>());
    const Json wanted = Json::array({port("0.0.0.0", 8080, 80)});
    EXPECT_EQ(
        in_processes(
            4,
            [&](int i) {
                return driver_.attach(endpoint_in(network_, 5 + i, wanted), containers[i]->fd()).status ==
                       RTP_OK;
            }),
        1);
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(driver_.detach(endpoint_in(network_, 5 + i, wanted), -1).status, RTP_OK);
    EXPECT_EQ(
        in_processes(4,
                     [&](int i) {
                         return driver_.attach(endpoint_in(network_, 5 + i), containers[i]->fd()).status ==
                                RTP_OK;
                     }),
        4);
    for (int i = 0; i < 4; ++i) endpoints_.push_back(endpoint_in(network_, 5 + i));
}

TEST_F(BridgeNetwork, WhatAKilledProcessLeavesIsCompletedOrRemoved) {
    NetNs container;
    Json endpoint = endpoint_in(network_, 5, Json::array({port("0.0.0.0", 8080, 80)}));
    for (int microseconds = 0; microseconds < 3000; microseconds += 60) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            for (;;) {
                Json fresh = network_;
                (void)driver_.create_network(fresh);
                (void)driver_.attach(endpoint, container.fd());
                (void)driver_.detach(endpoint, container.fd());
                (void)driver_.remove_network(fresh);
            }
        }
        const timespec time{0, microseconds * 1000L};
        ::nanosleep(&time, nullptr); // not a wait for something: the moment of death
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        const Answer attached = driver_.attach(endpoint, container.fd());
        ASSERT_EQ(attached.status, RTP_OK) << "killed after " << microseconds << " us: " << attached.message;
        ASSERT_EQ(driver_.check(endpoint, container.fd()).status, RTP_OK);
        ASSERT_EQ(driver_.detach(endpoint, -1).status, RTP_OK);
        ASSERT_EQ(shell("ip -o link").find("rtv"), std::string::npos);
    }
}

TEST_F(BridgeNetwork, ProbeLeavesNothingAndTellsOfOtherFirewalls) {
    const std::string before = picture_of_host();
    Answer answer = driver_.probe();
    EXPECT_EQ(answer.status, RTP_OK) << answer.message;
    EXPECT_EQ(answer.json["forward_drop"], Json::array());
    EXPECT_EQ(answer.json["ip_forward"], true);
    EXPECT_EQ(picture_of_host(), before);
    shell("nft add table ip filter; nft add chain ip filter FORWARD '{ type filter hook forward priority 0; "
          "policy drop; }';"
          "nft add chain ip filter DOCKER-USER");
    answer = driver_.probe();
    ASSERT_EQ(answer.json["forward_drop"].size(), 1U);
    EXPECT_EQ(answer.json["forward_drop"][0]["chain"], "FORWARD");
    EXPECT_NE(answer.json["forward_drop"][0]["remedy"].get<std::string>().find("DOCKER-USER"),
              std::string::npos);
    make_network("ddddeeeeffff");
    EXPECT_EQ(driver_.host().log().back().level, RTP_LOG_WARNING);
    shell("nft delete table ip filter");
}

TEST(BridgeConfig, WrongValuesAreRefused) {
    for (const Json& config : {Json{{"pool", "10.88.0.1/16"}}, Json{{"pool", "x"}},
                               Json{{"prefix_length", 8}}, Json{{"prefix_length", 31}}, Json{{"mtu", 5}}})
        EXPECT_THROW(NetworkDriver("bridge", config), std::runtime_error) << config;
    EXPECT_NO_THROW(NetworkDriver("bridge", Json{{"pool", "10.88.0.0/30"}})) << "one network has room in it";
}

} // namespace
} // namespace rt::test
