// SPDX-License-Identifier: Apache-2.0
// The host between two machines that know each other only through it: 192.0.2.2 and 198.51.100.2. It forwards
// for containers, and for those two only where that was so before.
#include "bridge_fixture.hpp"

namespace rt::test {
namespace {

using Kind = Service::Kind;
using namespace std::chrono_literals;

void join_to_host(const NetNs& machine, const std::string& link, const std::string& net) {
    shell("ip link add " + link + " type veth peer name wire0 netns " + std::to_string(machine.pid()) +
          "; ip addr add " + net + ".1/24 dev " + link + "; ip link set " + link + " up");
    shell("ip addr add " + net +
              ".2/24 dev wire0; ip link set wire0 up; ip link set lo up;"
              "ip route add default via " +
              net + ".1",
          machine.fd());
    ASSERT_TRUE(
        eventually([&] { return shell("ip -o link show " + link).find("state UP") != std::string::npos; }));
}

class BridgeForwarding : public testing::Test {
protected:
    void SetUp() override {
        join_to_host(one_, "up0", "192.0.2");
        join_to_host(two_, "up1", "198.51.100");
        service_.emplace(two_.fd(), Kind::tcp, "198.51.100.2", 80, "two");
    }
    void TearDown() override { shell("ip link del up0; ip link del up1; nft flush ruleset"); }

    static void set_forwarding(bool on) {
        shell(std::string("echo ") + (on ? "1" : "0") + " > /proc/sys/net/ipv4/ip_forward");
    }
    static bool forwards() { return shell("cat /proc/sys/net/ipv4/ip_forward") == "1\n"; }
    bool one_reaches_two() { return ask(one_.fd(), Kind::tcp, "198.51.100.2", 80) == "two"; }
    bool one_never_reaches_two() { return !ask(one_.fd(), Kind::tcp, "198.51.100.2", 80, 300ms); }
    static Json made(NetworkDriver& driver, Json network) {
        const Answer answer = driver.create_network(network);
        EXPECT_EQ(answer.status, RTP_OK) << answer.message;
        network["result"] = answer.json;
        return network;
    }
    static Json endpoint_of(const Json& network, const Json& ports = Json::array()) {
        return {{"id", "e00000000005"}, {"container_id", "c1"}, {"hostname", "h"},
                {"interface", "eth0"},  {"network", network},   {"addresses", {"10.88.0.5/20"}},
                {"ports", ports}};
    }

    const Json plain_{{"id", "aaaabbbbcccc"}, {"name", "n"}};
    NetNs one_, two_;
    std::optional<Service> service_;
};

TEST_F(BridgeForwarding, IsForContainersAloneWhereItWasOff) {
    set_forwarding(false);
    NetworkDriver driver("bridge");
    const Json network = made(driver, plain_);
    EXPECT_TRUE(forwards());
    EXPECT_TRUE(one_never_reaches_two());

    NetNs container;
    const Service web(container.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    const Json endpoint = endpoint_of(network, {{{"host_port", 8080}, {"container_port", 80}}});
    ASSERT_EQ(driver.attach(endpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(ask(container.fd(), Kind::tcp, "198.51.100.2", 80), "two");
    EXPECT_EQ(ask(one_.fd(), Kind::tcp, "192.0.2.1", 8080), "web");

    EXPECT_EQ(driver.detach(endpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(driver.remove_network(network).status, RTP_OK);
    EXPECT_FALSE(forwards()) << "as it was before";
    EXPECT_EQ(shell("nft list tables"), "");
}

TEST_F(BridgeForwarding, StaysClosedWhenTheRulesAreMadeAgain) {
    set_forwarding(false);
    NetworkDriver driver("bridge");
    const Json network = made(driver, plain_);
    for (const bool by_attach : {true, false}) {
        NetNs container;
        shell("nft flush ruleset");
        EXPECT_TRUE(one_reaches_two()) << "the machines do not reach each other at all";
        const Json endpoint = endpoint_of(network);
        if (by_attach) {
            EXPECT_EQ(driver.attach(endpoint, container.fd()).status, RTP_OK);
        } else {
            EXPECT_EQ(driver.create_network(network).status, RTP_OK);
        }
        EXPECT_TRUE(one_never_reaches_two());
        EXPECT_EQ(driver.detach(endpoint, container.fd()).status, RTP_OK);
    }
    EXPECT_EQ(driver.remove_network(network).status, RTP_OK);
}

TEST_F(BridgeForwarding, IsLeftAloneWhereItWasOn) {
    set_forwarding(true);
    NetworkDriver driver("bridge");
    const Json network = made(driver, plain_);
    EXPECT_TRUE(one_reaches_two());
    EXPECT_EQ(driver.remove_network(network).status, RTP_OK);
    EXPECT_TRUE(forwards());
}

TEST_F(BridgeForwarding, TheOptionLetsOthersThrough) {
    set_forwarding(false);
    NetworkDriver driver("bridge", {{"forward_drop", false}});
    const Json network = made(driver, plain_);
    EXPECT_TRUE(one_reaches_two());
    EXPECT_EQ(driver.remove_network(network).status, RTP_OK);
    EXPECT_TRUE(forwards()) << "others may have come to rely on it";
}

TEST_F(BridgeForwarding, AnotherInstanceOfOneTableTakesOverThatItWasOff) {
    set_forwarding(false);
    NetworkDriver first("bridge"), second("bridge", {{"pool", "10.99.0.0/16"}});
    const Json one = made(first, plain_);
    const Json two = made(second, {{"id", "ddddeeeeffff"}, {"name", "m"}});
    EXPECT_EQ(first.remove_network(one).status, RTP_OK);
    EXPECT_TRUE(forwards());
    EXPECT_TRUE(one_never_reaches_two());
    EXPECT_EQ(second.remove_network(two).status, RTP_OK);
    EXPECT_FALSE(forwards());
}

// The option is changed while networks are there: the next attach follows it.
TEST_F(BridgeForwarding, AChangedOptionIsFollowedAtTheNextAttach) {
    set_forwarding(false);
    NetworkDriver closing("bridge");
    const Json network = made(closing, plain_);
    NetworkDriver opening("bridge", {{"forward_drop", false}});
    NetNs container;
    EXPECT_EQ(opening.attach(endpoint_of(network), container.fd()).status, RTP_OK);
    EXPECT_TRUE(one_reaches_two());
    EXPECT_EQ(opening.detach(endpoint_of(network), container.fd()).status, RTP_OK);
    EXPECT_EQ(opening.remove_network(network).status, RTP_OK);
}

} // namespace
} // namespace rt::test
