// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace {

namespace fs = std::filesystem;
using rt::test::kGhost;
using rt::test::kOtherGhost;
using DoctorNetworks = rt::test::Doctor;

TEST_F(DoctorNetworks, FindsAnEndpointOfAContainerThatIsGone) {
    leave_endpoint(kOtherGhost);
    expect_found_and_repaired("network.endpoint", kGhost);
    EXPECT_EQ(sql_value("SELECT count(*) FROM endpoints"), "1");
}

TEST_F(DoctorNetworks, FindsALeaseOfAContainerThatIsGone) {
    sql("INSERT INTO leases VALUES ('" + network_ + "', 174588007, '" + kGhost + "')"); // 10.104.0.103
    expect_found_and_repaired("network.lease", "10.104.0.103");
    EXPECT_EQ(sql_value("SELECT count(*) FROM leases"), "1");
}

TEST_F(DoctorNetworks, FindsNamesThatNobodyHas) {
    const fs::path names = rtctl_.run() / "networks" / network_;
    fs::create_directories(names / "names" / "ghost");
    fs::create_symlink("10.9.9.9", names / "names" / "ghost" / kGhost);
    fs::create_symlink("10.9.9.9", names / "names" / "bystander" / kGhost);
    fs::create_symlink("ghost.back", names / "addresses" / "10.9.9.9");
    fs::create_directories(rtctl_.run() / "networks" / kOtherGhost / "names");
    EXPECT_EQ(of(look(), "network.name").size(), 4U);
    expect_found_and_repaired("network.name", "ghost/" + kGhost);
    EXPECT_FALSE(fs::exists(names / "names" / "ghost"));
    EXPECT_FALSE(fs::exists(rtctl_.run() / "networks" / kOtherGhost));
    EXPECT_FALSE(fs::is_empty(names / "names" / "bystander"));
}

TEST_F(DoctorNetworks, SaysThatOneWasHalfMade) {
    ASSERT_EQ(rtctl_({"network", "create", "half"}).exit_code, 0);
    sql("UPDATE networks SET result = '' WHERE name = 'half'"); // as before its driver has answered
    expect_found_and_left("network.half-made", "'half'",
                          [&] { EXPECT_EQ(rtctl_({"network", "rm", "half"}).exit_code, 0); });
}

TEST_F(DoctorNetworks, SaysThatARunningOneIsNotAttachedAnyMore) {
    const std::string bridge = "rt-br" + rtctl_({"network", "create", "front"}).out.substr(0, 8);
    ASSERT_EQ(
        rtctl_({"run", "-d", "--name", "other", "--network", "front", "busybox", "sleep", "1000"}).exit_code,
        0);
    const auto expect_found = [&](const std::string& harm, std::size_t count) {
        host(harm);
        const auto found = of(look(), "network.broken");
        EXPECT_EQ(found.size(), count) << look().out;
        EXPECT_TRUE(std::ranges::any_of(found, [](const auto& one) {
            return one["Subject"].template get<std::string>().find("'other'") != std::string::npos &&
                   one["Advice"] == "rtctl restart other" && one["Repairable"] == false;
        })) << look().out;
        EXPECT_EQ(rtctl_({"restart", "-t", "0", "other"}).err, "");
        EXPECT_TRUE(look().findings.empty()) << look().out;
    };
    expect_found("ip link delete " + bridge, 1);
    // As another firewall that is started anew, for its network alone.
    expect_found("nft delete element inet rt-bridge bridges '{ \"" + bridge + "\" }'", 1);
    // It is switched on again for all.
    expect_found("echo 0 >/proc/sys/net/ipv4/ip_forward", 2);
    EXPECT_EQ(rtctl_({"rm", "-f", "other"}).exit_code, 0);
    EXPECT_EQ(rtctl_({"network", "rm", "front"}).exit_code, 0);
}

} // namespace
