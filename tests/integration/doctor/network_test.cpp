// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace {

namespace fs = std::filesystem;
using rt::test::kGhost;
using rt::test::kOtherGhost;
using DoctorNetworks = rt::test::Doctor;

TEST_F(DoctorNetworks, FindsAnEndpointOfAContainerThatIsGone) {
    sql("INSERT INTO endpoints SELECT '" + kGhost + "', network_id, '" + kOtherGhost +
        "', json_set(request, '$.addresses', json('[]')), '' FROM endpoints WHERE container_id = '" +
        bystander_ + "'");
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

} // namespace
