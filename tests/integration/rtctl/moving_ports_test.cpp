// SPDX-License-Identifier: Apache-2.0
// Published ports of a running container whose way out changes, and what stays undone for want of something.
#include "user_networks.hpp"

#include <nlohmann/json.hpp>

#include <thread>

namespace {

using nlohmann::json;
using rt::test::eventually;
using testing::HasSubstr;

TEST_F(UserNetworks, PublishedPortsGoWithTheWayOut) {
    create({"--subnet", "10.66.1.0/24"}, "lan");
    create({"--subnet", "10.66.2.0/24"}, "other");
    start("one", {"--network", "lan", "-p", "18093:9", "-p", "9"}, "nc -ll -p 9 -e ip route");
    const std::string published = rtctl_({"port", "one"}).out; // one of them was chosen: it stays the same
    EXPECT_THAT(published, HasSubstr("9/tcp -> 0.0.0.0:18093"));
    const auto ask = [&] {
        return rtctl_({"run", "--rm", "--network", "host", "busybox", "nc", "-w", "2", "127.0.0.1", "18093"})
            .out;
    };
    const auto published_in = [&](const std::string& network) {
        return rt::test::run_program({"nft", "list", "map", "inet", "rt-bridge", "ports_any"})
                   .out.find(network) != std::string::npos;
    };
    EXPECT_THAT(ask(), HasSubstr("via 10.66.1.1"));

    ASSERT_EQ(rtctl_({"network", "connect", "--gw-priority", "1", "other", "one"}).exit_code, 0);
    EXPECT_THAT(ask(), HasSubstr("via 10.66.2.1"));
    EXPECT_EQ(rtctl_({"port", "one"}).out, published);
    EXPECT_TRUE(published_in("10.66.2.2"));
    EXPECT_FALSE(published_in("10.66.1.2"));
    EXPECT_THAT(rtctl_({"ps", "--format", "{{.Ports}}"}).out, HasSubstr("18093->9/tcp"));

    const auto left = rtctl_({"network", "disconnect", "other", "one"});
    ASSERT_EQ(left.exit_code, 0) << left.err;
    EXPECT_EQ(left.err, "");
    EXPECT_THAT(ask(), HasSubstr("via 10.66.1.1"));
    EXPECT_EQ(rtctl_({"port", "one"}).out, published);
    EXPECT_FALSE(published_in("10.66.2.2"));

    // Out of the last one nothing is published; into another it is again.
    const auto out = rtctl_({"network", "disconnect", "lan", "one"});
    EXPECT_THAT(out.err, HasSubstr("its ports are not published any more"));
    EXPECT_EQ(rtctl_({"port", "one"}).out, "");
    EXPECT_EQ(ask(), "");
    ASSERT_EQ(rtctl_({"network", "connect", "other", "one"}).exit_code, 0);
    EXPECT_THAT(ask(), HasSubstr("via 10.66.2.1"));
    EXPECT_THAT(rtctl_({"port", "one"}).out, HasSubstr("0.0.0.0:18093"));
}

TEST_F(UserNetworks, PortsThatWereDiscardedArePublishedWithTheFirstWayOut) {
    create({"--internal"}, "vault");
    create({}, "lan");
    start("one", {"--network", "vault", "-P", "--expose", "9"});
    EXPECT_EQ(rtctl_({"port", "one"}).out, "");
    ASSERT_EQ(rtctl_({"network", "connect", "lan", "one"}).exit_code, 0);
    EXPECT_THAT(rtctl_({"port", "one"}).out, HasSubstr("9/tcp -> 0.0.0.0:"));
}

// What is told when a driver cannot change the ports of what is attached, on the side that has them, and on
// the one that is to have them.
TEST_F(UserNetworks, PortsOfADriverThatCannotMoveThemStayUntilTheNextStart) {
    const auto file = rtctl_.directory() / "config.json";
    json wiring = json::parse(rt::test::read_file(file));
    wiring["network"]["drivers"]["fixed"]["plugin"] = RT_BUILD_DIR "/tests/fixtures/fixed-ports.so";
    rt::test::write_file(file, wiring.dump());
    create({"--driver", "fixed", "--subnet", "10.66.3.0/24"}, "stiff");
    create({"--subnet", "10.66.1.0/24"}, "lan");
    const std::string cannot = "network driver 'fixed' cannot change what an attached endpoint publishes";
    const auto published = [&] { return rtctl_({"port", "one"}).out; };

    start("one", {"--network", "stiff", "-p", "18095:9"});
    const auto away = rtctl_({"network", "connect", "--gw-priority", "1", "lan", "one"});
    EXPECT_EQ(away.exit_code, 0);
    EXPECT_THAT(away.err,
                HasSubstr("its ports stay published in network 'stiff' until it is restarted: " + cannot));
    EXPECT_THAT(published(), HasSubstr(":18095")) << "where they were";
    EXPECT_THAT(in("one", "ip route").out, HasSubstr("default via 10.66.1.1"))
        << "the way out is the new one";
    ASSERT_EQ(rtctl_({"restart", "-t", "0", "one"}).exit_code, 0);
    EXPECT_THAT(rt::test::run_program({"nft", "list", "map", "inet", "rt-bridge", "ports_any"}).out,
                HasSubstr("18095"));
    EXPECT_THAT(published(), HasSubstr(":18095"));

    // The bridge could give them, the other cannot take them: they are published nowhere until then.
    const auto back = rtctl_({"network", "disconnect", "lan", "one"});
    EXPECT_EQ(back.exit_code, 0);
    EXPECT_THAT(back.err, HasSubstr("its ports are not published until it is restarted: " + cannot));
    EXPECT_EQ(published(), "");
    ASSERT_EQ(rtctl_({"restart", "-t", "0", "one"}).exit_code, 0);
    EXPECT_THAT(published(), HasSubstr(":18095"));
}

TEST_F(UserNetworks, PortsThatAContainerHasMoveThoughAProgramHasComeToListenThere) {
    create({"--subnet", "10.66.1.0/24"}, "lan");
    create({"--subnet", "10.66.2.0/24"}, "other");
    start("one", {"--network", "lan", "-p", "18094:9"}, "nc -ll -p 9 -e echo one");
    const std::string published = rtctl_({"port", "one"}).out;
    std::thread holder([&] {
        (void)rtctl_({"run", "--name", "holder", "--network", "host", "busybox", "nc", "-l", "-p", "18094"});
    });
    EXPECT_TRUE(eventually([&] {
        return rt::test::run_program({"ss", "-Hltn", "sport = :18094"}).out.find("18094") !=
               std::string::npos;
    }));
    for (const std::vector<std::string>& change :
         {std::vector<std::string>{"network", "connect", "--gw-priority", "1", "other", "one"},
          {"network", "disconnect", "other", "one"}}) {
        const auto changed = rtctl_(change);
        EXPECT_EQ(changed.exit_code, 0) << changed.err;
        EXPECT_EQ(changed.err, "");
        EXPECT_EQ(rtctl_({"port", "one"}).out, published);
        EXPECT_EQ(
            rtctl_({"run", "--rm", "--network", "host", "busybox", "nc", "-w", "2", "127.0.0.1", "18094"})
                .out,
            "one\n");
    }
    EXPECT_EQ(rtctl_({"rm", "-f", "holder"}).exit_code, 0);
    holder.join();
}

// Where descriptors lack, what is not done stays to be done, whatever else is done meanwhile.
TEST_F(UserNetworks, AChangeThatIsNotSettledStaysSoUntilSomebodyCanSettleIt) {
    create({"--subnet", "10.66.1.0/24"}, "lan");
    create({"--subnet", "10.66.2.0/24"}, "other");
    create({"--internal"}, "vault");
    start("one", {"--network", "lan", "-p", "18100-18400:100-400"});
    ASSERT_EQ(rtctl_({"network", "connect", "--gw-priority", "1", "other", "one"}).exit_code, 0);
    const std::string published = rtctl_({"port", "one"}).out;
    const auto poor = [&](const std::vector<std::string>& words) {
        auto command = rtctl_.command(words);
        command.insert(command.begin(), {"prlimit", "--nofile=12:12"});
        return rt::test::run_program(command);
    };
    (void)poor({"network", "disconnect", "other", "one"});
    (void)poor({"rename", "one", "two"});
    (void)poor({"network", "connect", "vault", "one"});
    EXPECT_EQ(rtctl_({"ps"}).exit_code, 0);
    const std::string name = rtctl_({"ps", "--format", "{{.Names}}"}).out;
    EXPECT_EQ(rtctl_({"port", name.substr(0, 3)}).out, published);
    EXPECT_THAT(in(name.substr(0, 3), "ip route").out, HasSubstr("default via 10.66.1.1"));
}

} // namespace
