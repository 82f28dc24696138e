// SPDX-License-Identifier: Apache-2.0
#include "core/network/name_directory.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class NameDirectoryTest : public testing::Test {
protected:
    rt::test::TempDir dir_;
    rt::NameDirectory names_{dir_ / "net"};
    const rt::EndpointNames first_{"e1", "front", {"Web1", "web"}, {"10.1.0.2/24", "fd00::2/64"}};
    const rt::EndpointNames second_{"e2", "front", {"web2", "web"}, {"10.1.0.3/24"}};
};

TEST_F(NameDirectoryTest, ANameHasTheAddressesOfAllWhoHaveIt) {
    ASSERT_TRUE(names_.publish(first_));
    ASSERT_TRUE(names_.publish(second_));
    EXPECT_THAT(names_.find("web1").texts, ElementsAre("10.1.0.2", "fd00::2"));
    EXPECT_THAT(names_.find("web1.front").texts, ElementsAre("10.1.0.2", "fd00::2"));
    EXPECT_THAT(names_.find("web").texts, UnorderedElementsAre("10.1.0.2", "fd00::2", "10.1.0.3"));
    EXPECT_EQ(names_.name_of("10.1.0.3"), "web2.front");
    EXPECT_FALSE(names_.find("web3").known);
}

TEST_F(NameDirectoryTest, WhoGoesTakesNobodyElsesNameAway) {
    ASSERT_TRUE(names_.publish(first_));
    ASSERT_TRUE(names_.publish(second_));
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(names_.withdraw(first_));
    EXPECT_FALSE(names_.find("web1").known);
    EXPECT_THAT(names_.find("web").texts, ElementsAre("10.1.0.3"));
    EXPECT_EQ(names_.name_of("10.1.0.2"), "");
    ASSERT_TRUE(names_.withdraw(second_));
    EXPECT_TRUE(std::filesystem::is_empty(dir_ / "net/names"));
}

TEST_F(NameDirectoryTest, WhatIsNoNameLeadsNowhere) {
    rt::test::write_file(dir_ / "secret", "x");
    ASSERT_TRUE(names_.publish(first_));
    for (const char* name : {"", ".", "..", "../names", "a/b", "../../secret"})
        EXPECT_FALSE(names_.find(name).known) << name;
    for (const char* address : {"", "..", "../names/web"}) EXPECT_EQ(names_.name_of(address), "") << address;
}

} // namespace
