// SPDX-License-Identifier: Apache-2.0
// Networks that users make: their life, addresses, who reaches whom, names, and containers in several of
// them.
#include "user_networks.hpp"

#include <arpa/inet.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;
using testing::Not;

TEST_F(UserNetworks, AreMadeListedShownAndRemoved) {
    create({"--subnet", "10.66.1.0/24", "--ip-range", "10.66.1.128/25", "--aux-address", "r=10.66.1.128",
            "--label", "k=v", "-o", "com.docker.network.bridge.name=mine0"},
           "one");
    create({}, "two");
    EXPECT_THAT(rtctl_({"network", "ls"}).out, HasSubstr("NETWORK ID"));
    EXPECT_EQ(rtctl_({"network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}} {{.Label \"k\"}}", "-f",
                      "type=custom"})
                  .out,
              "one bridge local v\ntwo bridge local \n");
    EXPECT_EQ(rtctl_({"network", "ls", "-f", "type=builtin", "--format", "{{.Name}}"}).out,
              "bridge\nhost\nnone\n");
    EXPECT_EQ(rtctl_({"network", "ls", "-f", "label=k=v", "--format", "{{.Name}}"}).out, "one\n");
    start("aa", {"--network", "one"});
    const auto shown = json::parse(rtctl_({"network", "inspect", "one"}).out)[0];
    EXPECT_EQ(shown["IPAM"]["Config"][0]["Subnet"], "10.66.1.0/24");
    EXPECT_EQ(shown["IPAM"]["Config"][0]["Gateway"], "10.66.1.1");
    EXPECT_EQ(shown["IPAM"]["Config"][0]["IPRange"], "10.66.1.128/25");
    EXPECT_EQ(shown["Containers"].begin().value()["IPv4Address"], "10.66.1.129/24");
    EXPECT_THAT(rt::test::run_program({"ip", "-o", "addr", "show", "mine0"}).out, HasSubstr("10.66.1.1/24"));
    EXPECT_EQ(rtctl_({"network", "ls", "-f", "dangling=true", "--format", "{{.Name}}"}).out, "two\n");

    expect_refused({"network", "rm", "one"}, "has active endpoints (name:\"aa\"");
    EXPECT_EQ(rtctl_({"rm", "-f", "aa"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "rm", "one", "two"}).out, "one\ntwo\n");
    EXPECT_THAT(rt::test::run_program({"ip", "-o", "link"}).out, Not(HasSubstr("mine0")));
    EXPECT_EQ(rtctl_({"network", "rm", "-f", "one"}).exit_code, 0);
}

TEST_F(UserNetworks, WhatDockerRefusesIsRefusedInItsWords) {
    create({"--subnet", "10.66.1.0/24"}, "one");
    expect_refused({"network", "create", "one"}, "network with name one already exists");
    expect_refused({"network", "create", "host"}, "operation is not permitted on predefined host network");
    expect_refused({"network", "create", "-d", "host", "x"},
                   "only one instance of \"host\" network is allowed");
    expect_refused({"network", "create", "--subnet", "10.66.1.0/25", "x"},
                   "Pool overlaps with other one on this address space");
    expect_refused({"network", "create", "--subnet", "10.66.3.0/24", "--gateway", "10.66.4.1", "x"},
                   "no matching subnet for gateway");
    expect_refused({"network", "create", "--ip-range", "10.66.3.0/24", "x"},
                   "must have a corresponding subnet");
    expect_refused({"network", "create", "--subnet", "10.66.4.0/24", "--subnet", "10.66.5.0/24", "x"},
                   "doesn't support multiple subnets");
    expect_refused({"network", "create", "-o", "nonsense=1", "x"}, "unknown network option 'nonsense'");
    expect_refused({"network", "create", "--ingress", "x"}, "Ingress network");
    expect_refused({"network", "rm", "bridge"}, "bridge is a pre-defined network and cannot be removed");
    expect_refused({"network", "rm", "nowhere"}, "network nowhere not found");
    expect_refused({"network", "inspect", "nowhere"}, "network nowhere not found");
    EXPECT_EQ(rtctl_({"network", "ls", "-q", "-f", "name=x"}).out, "") << "nothing is left of what failed";
    create({}, "chosen");
    expect_refused({"run", "--rm", "--network", "chosen", "--ip", "10.88.0.9", "busybox", "true"},
                   "networks with user configured subnets");
    expect_refused({"run", "--rm", "--network", "one", "--ip", "10.77.0.9", "busybox", "true"},
                   "no configured subnet contains IP address 10.77.0.9");
    start("aa", {"--network", "one", "--ip", "10.66.1.9"});
    expect_refused({"run", "--rm", "--network", "one", "--ip", "10.66.1.9", "busybox", "true"},
                   "Address already in use");
    expect_refused({"network", "connect", "one", "aa"},
                   "endpoint with name aa already exists in network one");
    expect_refused({"network", "disconnect", "chosen", "aa"}, "is not connected to network chosen");
    expect_refused({"network", "connect", "host", "aa"}, "connected to host network");
}

TEST_F(UserNetworks, OfOneReachEachOtherAndOfAnotherNot) {
    create({"--subnet", "10.66.1.0/24"}, "one");
    create({"--subnet", "10.66.2.0/24"}, "two");
    start("aa", {"--network", "one", "--ip", "10.66.1.7"});
    EXPECT_EQ(sh("ping -c1 -W2 10.66.1.7", {"--network", "one"}).exit_code, 0);
    EXPECT_NE(sh("ping -c1 -W1 10.66.1.7", {"--network", "two"}).exit_code, 0);
    EXPECT_NE(sh("ping -c1 -W1 10.66.1.7").exit_code, 0) << "from the default network";
}

TEST_F(UserNetworks, InternalOnesHaveNoWayOutAndReachNothingThatOthersPublish) {
    create({"--subnet", "10.66.1.0/24", "--internal"}, "vault");
    start("server", {"-p", "18090:9"}, "while :; do echo open | nc -l -p 9; done");
    start("aa", {"--network", "vault", "--ip", "10.66.1.7"});
    EXPECT_EQ(sh("ping -c1 -W2 10.66.1.7", {"--network", "vault"}).exit_code, 0);
    EXPECT_THAT(in("aa", "ip route").out, Not(HasSubstr("default")));
    EXPECT_EQ(in("aa", "nc -w 1 10.66.1.1 18090 </dev/null").out, "");
    const auto cheating =
        rtctl_({"run", "--rm", "--cap-add", "NET_ADMIN", "--network", "vault", "busybox", "sh", "-c",
                "ip route add default via 10.66.1.1; nc -w 1 10.66.1.1 18090 </dev/null; ip route"});
    EXPECT_THAT(cheating.out, Not(HasSubstr("open")));
    EXPECT_THAT(cheating.out, HasSubstr("default via 10.66.1.1"));
    const auto published = sh("true", {"--network", "vault", "-p", "18091:9"});
    EXPECT_THAT(published.err, HasSubstr("Published ports are discarded"));
}

TEST_F(UserNetworks, AContainerIsInSeveralAndTheirGatewayIsTheOneWithThePriority) {
    create({"--subnet", "10.66.1.0/24"}, "one");
    create({"--subnet", "10.66.2.0/24"}, "two");
    create({"--subnet", "10.66.3.0/24"}, "three");
    start("aa",
          {"--network", "one", "--network", "name=two,gw-priority=5,mac-address=02:42:0a:00:00:09", "-p",
           "18092:9"},
          "while :; do echo both | nc -l -p 9; done");
    EXPECT_THAT(in("aa", "ip -4 -o addr show eth0").out, HasSubstr("10.66.1.2/24"));
    EXPECT_THAT(in("aa", "ip addr show eth1").out, HasSubstr("02:42:0a:00:00:09"));
    EXPECT_THAT(in("aa", "ip route").out, HasSubstr("default via 10.66.2.1"));
    EXPECT_EQ(rtctl_({"ps", "--format", "{{.Networks}}"}).out, "one,two\n");

    ASSERT_EQ(
        rtctl_({"network", "connect", "--gw-priority", "9", "--ip", "10.66.3.33", "three", "aa"}).exit_code,
        0);
    EXPECT_THAT(in("aa", "ip -4 -o addr show eth2").out, HasSubstr("10.66.3.33/24"));
    EXPECT_THAT(in("aa", "ip route").out, HasSubstr("default via 10.66.3.1"));
    EXPECT_EQ(sh("ping -c1 -W2 10.66.3.33", {"--network", "three"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "disconnect", "three", "aa"}).exit_code, 0);
    EXPECT_THAT(in("aa", "ip route").out, HasSubstr("default via 10.66.2.1"));
    EXPECT_THAT(in("aa", "ip link").out, Not(HasSubstr("eth2")));
    ASSERT_EQ(rtctl_({"network", "disconnect", "one", "aa"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "three", "aa"}).exit_code, 0);
    EXPECT_THAT(in("aa", "ip -4 -o addr show eth0").out, HasSubstr("10.66.3.2/24"))
        << "the name is free again";

    // And so at its next start.
    ASSERT_EQ(rtctl_({"stop", "-t", "0", "aa"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "one", "aa"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"start", "aa"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "--format", "{{.Networks}}"}).out, "two,three,one\n");
    EXPECT_THAT(in("aa", "ip -4 -o addr show eth2").out, HasSubstr("10.66.1."));
    EXPECT_THAT(in("aa", "ip route").out, HasSubstr("default via 10.66.2.1"));
}

TEST_F(UserNetworks, WhoHasLeftItsLastNetworkJoinsItAgainOrAnother) {
    create({}, "one");
    create({}, "two");
    start("aa", {"--network", "one"});
    ASSERT_EQ(rtctl_({"network", "disconnect", "one", "aa"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"inspect", "--format", "{{json .NetworkSettings.Networks}}", "aa"}).out, "{}\n");
    expect_refused({"network", "disconnect", "one", "aa"}, "is not connected to network one");
    ASSERT_EQ(rtctl_({"network", "connect", "one", "aa"}).exit_code, 0);
    EXPECT_EQ(in("aa", "ip -o link show eth0").exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "disconnect", "one", "aa"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "two", "aa"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"restart", "-t", "0", "aa"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"ps", "--format", "{{.Networks}}"}).out, "two\n");
}

TEST_F(UserNetworks, CanBeJoinedBesideTheDefaultOneButNotBesideNone) {
    create({}, "one");
    start("aa", {"--network", "bridge", "--network", "one"});
    EXPECT_EQ(in("aa", "ip -o link show eth1").exit_code, 0);
    expect_refused({"network", "connect", "none", "aa"},
                   "multiple networks with one of the networks in private");
    start("bb", {"--network", "none"});
    expect_refused({"network", "connect", "one", "bb"},
                   "multiple networks with one of the networks in private");
}

TEST_F(UserNetworks, AnotherContainersNetworkIsTheOnlyOneAndHasNoEndpoint) {
    create({}, "one");
    start("aa", {"--network", "one"});
    for (const std::vector<std::string>& networks :
         {std::vector<std::string>{"one", "container:aa"}, std::vector<std::string>{"container:aa", "one"}})
        expect_refused({"run", "--rm", "--network", networks[0], "--network", networks[1], "busybox", "true"},
                       "cannot attach both user-defined and non-user-defined network-modes");
    expect_refused({"run", "--rm", "--network", "container:aa", "--network-alias", "x", "busybox", "true"},
                   "it has no endpoint of its own");
    start("bb", {"--network", "container:aa"});
    EXPECT_EQ(rtctl_({"ps", "--filter", "name=bb", "--format", "{{.Networks}}"}).out, "\n");
    expect_refused({"network", "connect", "one", "bb"}, "sharing network namespace with another container");
}

TEST_F(UserNetworks, TwoStartsAtOnceGetAddressesOfTheirOwn) {
    create({"--subnet", "10.66.1.0/24"}, "one");
    std::vector<std::thread> threads;
    std::atomic<int> failures = 0;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&, i] {
            const auto name = "c" + std::to_string(i);
            if (rtctl_({"run", "-d", "--name", name, "--network", "one", "busybox", "sleep", "600"})
                    .exit_code != 0)
                ++failures;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(failures, 0);
    const json shown = json::parse(rtctl_({"network", "inspect", "one"}).out)[0];
    std::set<std::string> addresses;
    for (const auto& place : shown["Containers"]) addresses.insert(place["IPv4Address"].get<std::string>());
    EXPECT_EQ(addresses.size(), 6U);
}

// A name server of the host, with one name.
class HostServer {
public:
    HostServer() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(53);
        address.sin_addr.s_addr = htonl(0x7f000035); // 127.0.0.53
        const timeval patience{0, 50'000};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("bind");
        thread_ = std::thread([this] { serve(); });
    }
    ~HostServer() {
        stop_ = true;
        thread_.join();
        ::close(fd_);
    }
    std::atomic<int> asked = 0;

private:
    void serve() {
        while (!stop_) {
            char buffer[512];
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t count =
                ::recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
            if (count < 12) continue;
            ++asked;
            std::string answer(buffer, static_cast<std::size_t>(count));
            answer[2] = '\x81';
            answer[3] = '\x80';
            const bool ipv4 = answer[answer.size() - 3] == 1; // the question comes last
            answer[7] = ipv4 ? 1 : 0;
            if (ipv4) answer += std::string("\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x63", 16);
            ::sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
        }
    }
    int fd_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

TEST_F(UserNetworks, ContainersFindEachOtherByName) {
    create({}, "front");
    create({}, "back");
    start("web", {"--network", "name=front,alias=www", "--hostname", "webhost"});
    start("other", {"--network", "back"});
    EXPECT_THAT(in("web", "cat /etc/resolv.conf").out, HasSubstr("nameserver 127.0.0.11"));
    const auto id = json::parse(rtctl_({"inspect", "web"}).out)[0]["Id"].get<std::string>().substr(0, 12);
    start("bb", {"--network", "front"});
    for (const std::string& name :
         {std::string("web"), std::string("WWW"), std::string("webhost"), id, std::string("web.front")})
        EXPECT_EQ(in("bb", "ping -c1 -W2 " + name).exit_code, 0) << name;
    EXPECT_EQ(in("bb", "ping -c1 -W1 other").exit_code, 1) << "of another network";
    EXPECT_THAT(in("bb", "nslookup web 127.0.0.11").out, HasSubstr("Address"));

    ASSERT_EQ(rtctl_({"rename", "web", "site"}).exit_code, 0);
    EXPECT_EQ(in("bb", "ping -c1 -W2 site").exit_code, 0);
    EXPECT_NE(in("bb", "ping -c1 -W1 web").exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "--alias", "elsewhere", "back", "bb"}).exit_code, 0);
    EXPECT_EQ(in("bb", "ping -c1 -W2 other").exit_code, 0);
    EXPECT_EQ(in("other", "ping -c1 -W2 elsewhere").exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "disconnect", "back", "bb"}).exit_code, 0);
    EXPECT_NE(in("other", "ping -c1 -W1 elsewhere").exit_code, 0);
    ASSERT_EQ(rtctl_({"rm", "-f", "site"}).exit_code, 0);
    EXPECT_NE(in("bb", "ping -c1 -W1 site").exit_code, 0);
}

TEST_F(UserNetworks, ALinkIsANameThatOnlyItsContainerKnows) {
    create({}, "front");
    create({}, "back");
    start("web", {"--network", "front"});
    start("app", {"--network", "front", "--link", "web:DB", "--link", "app", "--link", "nobody:ghost"});
    start("bb", {"--network", "front"});
    EXPECT_EQ(in("app", "ping -c1 -W2 db").exit_code, 0);
    EXPECT_EQ(in("app", "ping -c1 -W2 web").exit_code, 0);
    EXPECT_EQ(in("app", "ping -c1 -W2 db.front").exit_code, 0);
    EXPECT_NE(in("app", "ping -c1 -W1 ghost").exit_code, 0);
    EXPECT_NE(in("bb", "ping -c1 -W1 db").exit_code, 0);
    const json links =
        json::parse(rtctl_({"inspect", "app"}).out)[0]["NetworkSettings"]["Networks"]["front"]["Links"];
    EXPECT_EQ(links, json::parse(R"(["web:DB", "app", "nobody:ghost"])"));

    ASSERT_EQ(rtctl_({"network", "connect", "back", "web"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "--link", "web:store", "back", "bb"}).exit_code, 0);
    EXPECT_EQ(in("bb", "ping -c1 -W2 store").exit_code, 0);
    EXPECT_NE(in("app", "ping -c1 -W1 store").exit_code, 0);
    ASSERT_EQ(rtctl_({"restart", "-t", "0", "bb"}).exit_code, 0);
    EXPECT_EQ(in("bb", "ping -c1 -W2 store").exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "disconnect", "front", "app"}).exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "front", "app"}).exit_code, 0);
    EXPECT_NE(in("app", "ping -c1 -W1 db").exit_code, 0) << "it went with its place in the network";
    EXPECT_THAT(sh("true", {"--network", "front", "--link", "a:b:c"}).err,
                HasSubstr("bad format for links: a:b:c"));
    EXPECT_THAT(sh("true", {"--link", "web"}).err, HasSubstr("--link works in networks that users made"));
}

TEST_F(UserNetworks, AContainerOfTheDefaultNetworkLearnsNamesWhenItIsConnected) {
    create({}, "front");
    start("web", {"--network", "front"});
    start("late", {});
    EXPECT_NE(in("late", "ping -c1 -W1 web").exit_code, 0);
    ASSERT_EQ(rtctl_({"network", "connect", "front", "late"}).exit_code, 0);
    EXPECT_THAT(in("late", "cat /etc/resolv.conf").out, HasSubstr("nameserver 127.0.0.11"));
    EXPECT_EQ(in("late", "ping -c1 -W2 web").exit_code, 0);
    EXPECT_THAT(in("late", "ip route | grep default").out, HasSubstr("dev eth0"));
}

TEST_F(UserNetworks, OtherNamesAreAskedOfTheHostsServersButNotFromInternalNetworks) {
    HostServer host;
    create({}, "front");
    create({"--internal"}, "vault");
    const auto ask = [&](const std::string& network) {
        return sh("nslookup outside.example 127.0.0.11", {"--network", network, "--dns", "127.0.0.53"});
    };
    EXPECT_THAT(ask("front").out, HasSubstr("192.0.2.99"));
    const int asked = host.asked;
    EXPECT_GT(asked, 0);
    EXPECT_THAT(ask("vault").out, Not(HasSubstr("192.0.2.99")));
    EXPECT_EQ(host.asked, asked);
}

TEST_F(UserNetworks, TheNameServerLeavesPort53ToTheContainer) {
    create({}, "front");
    start("aa", {"--network", "front"}, "nc -l -p 53 -e echo mine & sleep 600");
    EXPECT_TRUE(eventually([&] { return in("aa", "ping -c1 -W1 aa").exit_code == 0; }));
    EXPECT_TRUE(
        eventually([&] { return sh("nc aa 53 </dev/null", {"--network", "front"}).out == "mine\n"; }));
}

TEST_F(UserNetworks, HaveDockersIdsAndAreFoundByTheBeginningOfOne) {
    const auto made = rtctl_({"network", "create", "front"});
    EXPECT_THAT(made.out, testing::MatchesRegex("[0-9a-f]{64}\n"));
    const std::string id = made.out.substr(0, 64);
    EXPECT_EQ(rtctl_({"network", "ls", "-qf", "name=front"}).out, id.substr(0, 12) + "\n");
    EXPECT_EQ(rtctl_({"network", "ls", "-qf", "name=front", "--no-trunc"}).out, id + "\n");
    EXPECT_EQ(rtctl_({"network", "inspect", "-f", "{{.Name}}", id.substr(0, 8)}).out, "front\n");
    EXPECT_EQ(rtctl_({"run", "--rm", "--network", id.substr(0, 12), "busybox", "true"}).exit_code, 0);
}

// The preview of `run` takes the same networks.
TEST_F(UserNetworks, AreExplainedByTheirDriver) {
    (void)rtctl_({"config", "check"}); // drivers make their directories when they are first looked at
    ASSERT_TRUE(take_as_clean());
    create({}, "back");
    const auto explained =
        rtctl_({"explain", "run", "--format", "json", "--network", "back", "busybox", "true"});
    ASSERT_EQ(explained.exit_code, 0) << explained.err;
    EXPECT_THAT(explained.out, HasSubstr("bridge"));
    expect_refused({"explain", "run", "--network", "nope", "busybox", "true"}, "network nope not found");
}

TEST_F(UserNetworks, AreKeptWhereNobodySaysYesAndEachOneThatIsMissingIsTold) {
    create({}, "kept");
    const auto unanswered = rtctl_({"network", "prune"});
    EXPECT_EQ(unanswered.exit_code, 1);
    EXPECT_THAT(unanswered.err, HasSubstr("network prune has been cancelled"));
    const auto inspected = rtctl_({"network", "inspect", "none-a", "kept", "none-b"});
    EXPECT_EQ(inspected.exit_code, 1);
    EXPECT_EQ(json::parse(inspected.out).size(), 1U);
    EXPECT_THAT(inspected.err, HasSubstr("none-a"));
    EXPECT_THAT(inspected.err, HasSubstr("none-b"));
}

TEST_F(UserNetworks, ALockOfNoNetworkIsSweptAway) {
    const auto lock = rtctl_.run() / "locks" / "network-gone";
    rt::test::write_file(lock, "");
    EXPECT_EQ(rtctl_({"ps", "-a"}).exit_code, 0);
    EXPECT_FALSE(std::filesystem::exists(lock));
}

// Its name and the names in its networks are one thing.
TEST_F(UserNetworks, ARenamingThatCannotBeToldToTheNetworkIsNone) {
    ASSERT_EQ(rtctl_({"network", "create", "lan"}).exit_code, 0);
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "one", "--network", "lan", "busybox", "sleep", "1000"}).exit_code, 0);
    const std::string id = rtctl_({"network", "ls", "-q", "--no-trunc", "-f", "name=lan"}).out.substr(0, 64);
    const auto names = rtctl_.run() / "networks" / id / "names";
    ASSERT_TRUE(std::filesystem::exists(names));
    std::filesystem::rename(names, rtctl_.directory() / "names");
    rt::test::write_file(names, ""); // no directory
    EXPECT_EQ(rtctl_({"rename", "one", "two"}).exit_code, 1);
    EXPECT_EQ(rtctl_({"ps", "--format", "{{.Names}}"}).out, "one\n");
    std::filesystem::remove(names);
    std::filesystem::rename(rtctl_.directory() / "names", names);
    EXPECT_EQ(rtctl_({"rename", "one", "two"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"exec", "two", "nslookup", "two"}).exit_code, 0);
    EXPECT_NE(rtctl_({"exec", "two", "nslookup", "one"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"rm", "-f", "two"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "rm", "lan"}).exit_code, 0);
}

TEST_F(UserNetworks, ARenamingLeavesAliasesAndTheHostname) {
    create({}, "lan");
    start("web", {"--network", "lan", "--network-alias", "shop", "--hostname", "web"});
    start("asks", {"--network", "lan"});
    ASSERT_EQ(rtctl_({"rename", "web", "shop"}).exit_code, 0);
    for (const char* name : {"web", "shop"})
        EXPECT_EQ(in("asks", std::string("nslookup ") + name).exit_code, 0) << name;
    ASSERT_EQ(rtctl_({"rename", "shop", "late"}).exit_code, 0);
    for (const char* name : {"web", "shop", "late"})
        EXPECT_EQ(in("asks", std::string("nslookup ") + name).exit_code, 0) << name;
    ASSERT_EQ(rtctl_({"rename", "late", "last"}).exit_code, 0);
    EXPECT_NE(in("asks", "nslookup late").exit_code, 0);
}

TEST_F(UserNetworks, OneOfADriverThatHasLeftTheWiringCanBeRemoved) {
    const auto file = rtctl_.directory() / "config.json";
    const std::string before = rt::test::read_file(file);
    json wiring = json::parse(before);
    wiring["network"]["drivers"]["fixed"]["plugin"] = RT_BUILD_DIR "/tests/fixtures/fixed-ports.so";
    rt::test::write_file(file, wiring.dump());
    EXPECT_THAT(rtctl_({"network", "ls"}).out, HasSubstr("fixed"));
    EXPECT_THAT(rtctl_({"network", "rm", "fixed"}).err, HasSubstr("pre-defined"));
    EXPECT_EQ(sh("true", {"--network", "fixed"}).exit_code, 0) << "it is made";
    rt::test::write_file(file, before);
    EXPECT_EQ(rtctl_({"network", "rm", "fixed"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"network", "ls"}).out, Not(HasSubstr("fixed")));
}

} // namespace
