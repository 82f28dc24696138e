// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_store.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

class NetworkStoreTest : public testing::Test {
protected:
    void add_endpoint(const std::string& id) {
        ASSERT_TRUE(database_.run(
            "INSERT INTO containers (id, name, phase, image_id, image_name, storage, network, "
            "isolation, spec, start, created_at) VALUES (?1,?1,'running','','','','','','{}','{}',0)",
            {id}));
        ASSERT_TRUE(store_.add_endpoint({id, network_.id, id, "{}", ""}));
    }

    rt::test::TempDir dir_;
    rt::Database database_ = *rt::Database::open(dir_ / "root");
    rt::NetworkStore store_{database_};
    rt::Network network_{
        "0123456789ab", "bridge", "bridge",
        {false, true},  "{}",     R"({"subnets": [{"subnet": "10.1.2.0/29", "gateway": "10.1.2.1"}]})"};
};

TEST_F(NetworkStoreTest, LeasesTheLowestFreeAddressAndNeverTheGatewayOrTheEnds) {
    ASSERT_TRUE(store_.add(network_));
    for (const char* expected : {"10.1.2.2/29", "10.1.2.3/29", "10.1.2.4/29", "10.1.2.5/29", "10.1.2.6/29"}) {
        add_endpoint(expected);
        EXPECT_EQ(store_.lease_address(network_, expected).value_or("none"), expected);
    }
    add_endpoint("late");
    const auto none = store_.lease_address(network_, "late");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, rt::Code::resource_exhausted);

    ASSERT_TRUE(store_.remove_endpoints_of("10.1.2.4/29"));
    EXPECT_EQ(store_.lease_address(network_, "late").value_or("none"), "10.1.2.4/29");
}

TEST_F(NetworkStoreTest, AContainersEndGivesItsAddressBack) {
    ASSERT_TRUE(store_.add(network_));
    add_endpoint("a");
    ASSERT_TRUE(store_.lease_address(network_, "a"));
    ASSERT_TRUE(database_.run("DELETE FROM containers WHERE id = 'a'"));
    EXPECT_TRUE(store_.endpoints_of("a")->empty());
    add_endpoint("b");
    EXPECT_EQ(store_.lease_address(network_, "b").value_or("none"), "10.1.2.2/29");
}

TEST_F(NetworkStoreTest, ANetworkWithoutSubnetsHasNoAddresses) {
    network_.result = "{}";
    ASSERT_TRUE(store_.add(network_));
    EXPECT_EQ(store_.lease_address(network_, "x").value_or("none"), "");
}

TEST_F(NetworkStoreTest, HandsBackWhatTheBackendAnswered) {
    ASSERT_TRUE(store_.add(network_));
    const rt::Endpoint endpoint{"e", network_.id, "c", R"({"id":"e"})", R"({"gateway":"10.1.2.1"})"};
    const auto json = nlohmann::json::parse(rt::endpoint_json(endpoint, network_));
    EXPECT_EQ(json["id"], "e");
    EXPECT_EQ(json["network"]["result"]["subnets"][0]["gateway"], "10.1.2.1");
    EXPECT_EQ(json["result"]["gateway"], "10.1.2.1");
}

} // namespace
