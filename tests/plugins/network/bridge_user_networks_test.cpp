// SPDX-License-Identifier: Apache-2.0
// What networks that users make ask of the bridge driver: subnets, internal ones, addresses of the user's
// choice, a way out that changes, and questions for names.
#include "bridge_fixture.hpp"

#include <sys/socket.h>

namespace rt::test {
namespace {

using Kind = Service::Kind;
using namespace std::chrono_literals;

class BridgeUserNetworks : public Bridge {
protected:
    // The network as the engine hands it in: subnets beside the options.
    Json make(const std::string& id, const Json& more) {
        Json network{{"id", id}, {"name", "net-" + id}, {"options", Json::object()}};
        network.update(more);
        const Answer made = driver_.create_network(network);
        EXPECT_EQ(made.status, RTP_OK) << made.message;
        network["result"] = made.json;
        networks_.push_back(network);
        return network;
    }
    NetNs container_, neighbour_;
    const Json subnet_{{"subnets", Json::array({{{"subnet", "10.66.1.0/24"}, {"gateway", "10.66.1.7"}}})}};
};

TEST_F(BridgeUserNetworks, SubnetAndGatewayAreTheUsers) {
    const Json network = make("ddddeeeeffff", subnet_);
    EXPECT_EQ(network["result"]["subnets"], subnet_["subnets"]);
    for (const char* text : {"10.66.1.0/25", "10.66.0.0/16"}) {
        const Json other{{"id", "111122223333"},
                         {"name", "o"},
                         {"options", Json::object()},
                         {"subnets", Json::array({{{"subnet", text}, {"gateway", ""}}})}};
        EXPECT_EQ(driver_.create_network(other).status, RTP_FAILED_PRECONDITION) << text;
    }
    Json both = subnet_["subnets"];
    both.push_back({{"subnet", "10.67.0.0/24"}, {"gateway", ""}});
    const Json two{{"id", "111122223333"}, {"name", "o"}, {"options", Json::object()}, {"subnets", both}};
    EXPECT_EQ(driver_.create_network(two).status, RTP_INVALID_ARGUMENT);
}

TEST_F(BridgeUserNetworks, AnInternalOneIsWholeWhereTheHostDoesNotForward) {
    const Json endpoint = attach(endpoint_in(make("ddddeeeeffff", {{"internal", true}}), 5), container_);
    const Json other = attach(endpoint_in(network_, 6), neighbour_);
    shell("echo 0 >/proc/sys/net/ipv4/ip_forward");
    EXPECT_EQ(driver_.check(endpoint, container_.fd()).status, RTP_OK);
    EXPECT_EQ(driver_.check(other, neighbour_.fd()).status, RTP_FAILED_PRECONDITION);
}

TEST_F(BridgeUserNetworks, AnInternalOneHasNoRouteOutAndNoPorts) {
    Json wish = subnet_;
    wish["internal"] = true;
    const Json network = make("ddddeeeeffff", wish);
    attach(endpoint_in(network, 5), container_);
    EXPECT_EQ(shell("ip route show default", container_.fd()), "");
    EXPECT_NE(shell("nft list set inet rt-bridge internal").find("rt-brddddeeee"), std::string::npos);
    const Json ports = Json::array({port("0.0.0.0", 8080, 80)});
    EXPECT_EQ(driver_.attach(endpoint_in(network, 6, ports), neighbour_.fd()).status, RTP_INVALID_ARGUMENT);
    // Not by a published port of another network, whatever routes it sets itself.
    const Service service(neighbour_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    attach(endpoint_in(network_, 6, ports), neighbour_);
    shell("ip route add default via 10.66.1.7", container_.fd());
    EXPECT_EQ(ask(container_.fd(), Kind::tcp, "10.66.1.7", 8080, 300ms), std::nullopt);
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080), "web");
}

TEST_F(BridgeUserNetworks, AnEndpointHasTheAddressesAndTheNameThatAreAskedFor) {
    Json wish = endpoint_in(network_, 5);
    wish["mac"] = "02:42:0a:00:00:05";
    wish["link_local_addresses"] = Json::array({"169.254.9.9"});
    wish["driver_options"] = {{"com.docker.network.endpoint.ifname", "lan0"}};
    const Json done = attach(wish, container_);
    EXPECT_EQ(done["result"]["interfaces"][0]["mac"], "02:42:0a:00:00:05");
    EXPECT_EQ(done["result"]["interfaces"][0]["name"], "lan0");
    const std::string link = shell("ip addr show lan0", container_.fd());
    EXPECT_NE(link.find("02:42:0a:00:00:05"), std::string::npos) << link;
    EXPECT_NE(link.find("169.254.9.9/16"), std::string::npos) << link;
    EXPECT_EQ(driver_.check(done, container_.fd()).status, RTP_OK);
    for (const auto& [key, value] : std::vector<std::pair<const char*, Json>>{
             {"mac", "nonsense"},
             {"driver_options", {{"nonsense", "1"}}},
             {"driver_options", {{"com.docker.network.endpoint.ifname", "a/b"}}}}) {
        Json bad = endpoint_in(network_, 6);
        bad[key] = value;
        EXPECT_EQ(driver_.attach(bad, neighbour_.fd()).status, RTP_INVALID_ARGUMENT) << key;
        EXPECT_EQ(driver_.detach(bad, -1).status, RTP_OK) << key << ": what was refused can be cleaned up";
    }
}

TEST_F(BridgeUserNetworks, APortOnAnAddressOfIpv6IsRefusedAndCanBeCleanedUp) {
    const Json wish =
        endpoint_in(network_, 5, Json::array({port("::", 8080, 80), port("0.0.0.0", 8081, 80)}));
    EXPECT_EQ(driver_.attach(wish, container_.fd()).status, RTP_INVALID_ARGUMENT);
    EXPECT_EQ(driver_.detach(wish, -1).status, RTP_OK);
}

TEST_F(BridgeUserNetworks, TheWayOutIsOneEndpointsAndCanChange) {
    const rtp_network_routes_v1& routes = driver_.host().table<rtp_network_routes_v1>(RTP_NETWORK_ROUTES_V1);
    const Json other = make("ddddeeeeffff", subnet_);
    const Json first = attach(endpoint_in(network_, 5), container_);
    Json wish = endpoint_in(other, 6);
    wish["interface"] = "eth1";
    wish["default_route"] = false;
    const Json second = attach(wish, container_);
    const auto way_out = [&] { return shell("ip route show default", container_.fd()); };
    const auto set = [&](const Json& endpoint, int wanted) {
        rtp_error error{};
        return routes.set_default_route(driver_.host().self(), &kCall, endpoint.dump().c_str(),
                                        container_.fd(), wanted, &error);
    };
    EXPECT_EQ(way_out(), "default via 10.88.0.1 dev eth0 \n");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(set(second, 1), RTP_OK);
    EXPECT_EQ(way_out(), "default via 10.66.1.7 dev eth1 \n");
    EXPECT_EQ(set(first, 0), RTP_OK) << "it is not its own";
    EXPECT_EQ(way_out(), "default via 10.66.1.7 dev eth1 \n");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(set(second, 0), RTP_OK);
    EXPECT_EQ(way_out(), "");
}

TEST_F(BridgeUserNetworks, PortsOfAnEndpointChangeWhileItIsAttached) {
    const Json none = Json::array();
    const Service service(container_.fd(), Kind::tcp, "0.0.0.0", 80, "web");
    Json endpoint = attach(endpoint_in(network_, 5, Json::array({port("127.0.0.1", 8080, 80)})), container_);
    const auto set = [&](const Json& ports) {
        endpoint["ports"] = ports;
        const Answer answer = driver_.set_ports(endpoint, container_.fd());
        if (answer.status == RTP_OK) endpoint["result"] = answer.json;
        return answer.status;
    };
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(set(none), RTP_OK);
        EXPECT_EQ(endpoint["result"]["ports"], none);
        EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080, 300ms), std::nullopt);
    }
    const Json both = Json::array({port("127.0.0.1", 8080, 80), port("127.0.0.1", 0, 80)});
    EXPECT_EQ(set(both), RTP_OK);
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080), "web");
    const Json chosen = endpoint["result"]["ports"];
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", chosen[1]["host_port"].get<std::uint16_t>()), "web");
    EXPECT_EQ(set(chosen), RTP_OK) << "what it has it keeps";
    EXPECT_EQ(endpoint["result"]["ports"], chosen);
    EXPECT_EQ(driver_.check(endpoint, container_.fd()).status, RTP_OK);
    EXPECT_EQ(set(Json::array({port("127.0.0.1", 8080, 81)})), RTP_OK)
        << "the same port for another of its own";
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080, 300ms), std::nullopt);
    EXPECT_EQ(set(Json::array({port("127.0.0.1", 8080, 80)})), RTP_OK);

    const Json other =
        attach(endpoint_in(network_, 6, Json::array({port("127.0.0.1", 8081, 80)})), neighbour_);
    const Json before = endpoint["result"];
    EXPECT_EQ(set(Json::array({port("127.0.0.1", 8082, 80), port("0.0.0.0", 8081, 80)})), RTP_ALREADY_EXISTS);
    EXPECT_EQ(endpoint["result"], before);
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8080), "web") << "and nothing has changed";
    EXPECT_EQ(ask(-1, Kind::tcp, "127.0.0.1", 8082, 300ms), std::nullopt);
    EXPECT_EQ(driver_.check(other, neighbour_.fd()).status, RTP_OK);
    const Json closed = make("111122223333", {{"internal", true}});
    Json inside = endpoint_in(closed, 7);
    inside["interface"] = "eth1";
    inside = attach(inside, container_);
    inside["ports"] = Json::array({port("127.0.0.1", 8083, 80)});
    EXPECT_EQ(driver_.set_ports(inside, container_.fd()).status, RTP_INVALID_ARGUMENT);
}

// The host was killed after set_ports() and before it had stored the answer.
TEST_F(BridgeUserNetworks, DetachRemovesAlsoPortsWhoseAnswerWasLost) {
    Json endpoint = attach(endpoint_in(network_, 5, Json::array({port("127.0.0.1", 8080, 80)})), container_);
    endpoint["ports"] = Json::array({port("127.0.0.1", 8081, 80), port("127.0.0.1", 0, 80)});
    for (int i = 0; i < 2; ++i) EXPECT_EQ(driver_.set_ports(endpoint, container_.fd()).status, RTP_OK);
    EXPECT_EQ(driver_.detach(endpoint, container_.fd()).status, RTP_OK);
    EXPECT_EQ(shell("nft list map inet rt-bridge ports").find("elements"), std::string::npos);
}

TEST_F(BridgeUserNetworks, QuestionsForNamesLeadToThePortsThatAnswerAndPort53StaysFree) {
    const rtp_network_names_v1& names = driver_.host().table<rtp_network_names_v1>(RTP_NETWORK_NAMES_V1);
    attach(endpoint_in(network_, 5), container_);
    const Service udp(container_.fd(), Kind::udp, "127.0.0.11", 4001, "udp"),
        tcp(container_.fd(), Kind::tcp, "127.0.0.11", 4002, "tcp");
    const Service later(container_.fd(), Kind::udp, "127.0.0.11", 4003, "later");
    rtp_error error{};
    const auto redirect = [&](std::uint16_t udp_port) {
        return names.redirect_names(driver_.host().self(), &kCall, container_.fd(), udp_port, 4002, &error);
    };
    EXPECT_EQ(redirect(4001), RTP_OK) << error.message;
    EXPECT_EQ(ask(container_.fd(), Kind::udp, "127.0.0.11", 53), "udp");
    EXPECT_EQ(ask(container_.fd(), Kind::tcp, "127.0.0.11", 53), "tcp");
    EXPECT_EQ(redirect(4003), RTP_OK) << error.message;
    EXPECT_EQ(ask(container_.fd(), Kind::udp, "127.0.0.11", 53), "later");
    const Service own(container_.fd(), Kind::udp, "0.0.0.0", 53, "own");
    EXPECT_EQ(ask(-1, Kind::udp, "10.88.0.5", 53), "own");
    EXPECT_EQ(ask(container_.fd(), Kind::udp, "127.0.0.1", 53), "own");
}

} // namespace
} // namespace rt::test
