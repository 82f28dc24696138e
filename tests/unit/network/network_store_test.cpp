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
    rt::Network network_{"0123456789ab",
                         "bridge",
                         "bridge",
                         {false, true},
                         "{}",
                         R"({"subnets": [{"subnet": "10.1.2.0/29", "gateway": "10.1.2.1"}]})",
                         0};
    // "": none; several are joined with a space.
    std::string lease(const std::string& endpoint, const rt::WantedAddresses& wanted = {}) {
        const auto leased = store_.lease_addresses(network_, endpoint, wanted);
        if (!leased) return std::string(rt::name_of(leased.error().code));
        std::string text;
        for (const std::string& address : *leased) text += (text.empty() ? "" : " ") + address;
        return text;
    }
    // Once for each endpoint.
    std::string lease_new(const std::string& endpoint, const rt::WantedAddresses& wanted = {}) {
        add_endpoint(endpoint);
        return lease(endpoint, wanted);
    }
};

TEST_F(NetworkStoreTest, LeasesTheLowestFreeAddressAndNeverTheGatewayOrTheEnds) {
    ASSERT_TRUE(store_.add(network_));
    for (const char* expected : {"10.1.2.2/29", "10.1.2.3/29", "10.1.2.4/29", "10.1.2.5/29", "10.1.2.6/29"}) {
        add_endpoint(expected);
        EXPECT_EQ(lease(expected), expected);
    }
    add_endpoint("late");
    EXPECT_EQ(lease("late"), "resource-exhausted");

    ASSERT_TRUE(store_.remove_endpoint("10.1.2.4/29"));
    EXPECT_EQ(lease("late"), "10.1.2.4/29");
}

TEST_F(NetworkStoreTest, AContainersEndGivesItsAddressBack) {
    ASSERT_TRUE(store_.add(network_));
    add_endpoint("a");
    ASSERT_EQ(lease("a"), "10.1.2.2/29");
    ASSERT_TRUE(database_.run("DELETE FROM containers WHERE id = 'a'"));
    EXPECT_TRUE(store_.endpoints_of("a")->empty());
    add_endpoint("b");
    EXPECT_EQ(lease("b"), "10.1.2.2/29");
}

TEST_F(NetworkStoreTest, ANetworkWithoutSubnetsHasNoAddresses) {
    network_.result = "{}";
    ASSERT_TRUE(store_.add(network_));
    EXPECT_EQ(lease("x"), "");
}

TEST_F(NetworkStoreTest, RangesAreForContainersAndAuxiliaryAddressesForNobody) {
    rt::NetworkConfig config;
    config.pools.push_back({"10.1.0.0/16", "10.1.0.1", "10.1.5.0/30", {{"router", "10.1.5.1"}}});
    network_.config = rt::to_json(config).dump();
    network_.result = R"({"subnets": [{"subnet": "10.1.0.0/16", "gateway": "10.1.0.1"}]})";
    ASSERT_TRUE(store_.add(network_));
    EXPECT_EQ(lease_new("a"), "10.1.5.0/16");
    EXPECT_EQ(lease_new("b"), "10.1.5.2/16");
    EXPECT_EQ(lease_new("c"), "10.1.5.3/16");
    EXPECT_EQ(lease_new("d"), "resource-exhausted");
    EXPECT_EQ(lease("d", {.ipv4 = "10.1.7.7"}), "10.1.7.7/16") << "outside of the range, if asked for";
    EXPECT_EQ(lease_new("e", {.ipv4 = "10.1.7.7"}), "unavailable");
    for (const char* kept : {"10.1.5.1", "10.1.0.1"})
        EXPECT_EQ(lease("e", {.ipv4 = kept}), "unavailable") << kept;
    for (const char* outside : {"10.2.0.1", "10.1.0.0", "10.1.255.255"})
        EXPECT_EQ(lease("e", {.ipv4 = outside}), "invalid-argument") << outside;
    EXPECT_EQ(lease("e", {.ipv6 = "fd00::2"}), "invalid-argument");
}

TEST_F(NetworkStoreTest, LeasesOfBothFamiliesComeAndGoTogether) {
    network_.result = R"({"subnets": [{"subnet": "10.1.2.0/29", "gateway": "10.1.2.1"},
                                      {"subnet": "fd00:0:0:1::/64", "gateway": "fd00:0:0:1::1"}]})";
    ASSERT_TRUE(store_.add(network_));
    EXPECT_EQ(lease_new("a"), "10.1.2.2/29 fd00:0:0:1::2/64");
    EXPECT_EQ(lease_new("b", {.ipv6 = "fd00:0:0:1::ffff"}), "10.1.2.3/29 fd00:0:0:1::ffff/64");
    EXPECT_EQ(lease_new("c", {.ipv6 = "fd00:0:0:1::2"}), "unavailable");
    ASSERT_TRUE(store_.remove_endpoint("a"));
    EXPECT_EQ(lease_new("d"), "10.1.2.2/29 fd00:0:0:1::2/64");
}

TEST_F(NetworkStoreTest, ANetworkIsFoundByItsNameItsIdAndAnUnambiguousBeginningOfIt) {
    ASSERT_TRUE(store_.add(network_));
    rt::Network other = network_;
    other.id = "0123ffffffff";
    other.name = "0123456789ab0";
    ASSERT_TRUE(store_.add(other));
    for (const char* reference : {"bridge", "0123456789ab", "01234"})
        EXPECT_EQ(store_.find_any(reference)->id, network_.id) << reference;
    EXPECT_EQ(store_.find_any("0123").error().code, rt::Code::failed_precondition);
    EXPECT_EQ(store_.find_any("99").error().code, rt::Code::not_found);
    EXPECT_EQ(store_.find_any("0123456789ab0")->id, other.id);
}

TEST_F(NetworkStoreTest, HandsBackWhatTheBackendAnswered) {
    ASSERT_TRUE(store_.add(network_));
    const rt::Endpoint endpoint{"e", network_.id, "c", R"({"id":"e"})", R"({"gateway":"10.1.2.1"})"};
    const auto json = nlohmann::json::parse(rt::endpoint_json(endpoint, network_));
    EXPECT_EQ(json["id"], "e");
    EXPECT_EQ(json["network"]["result"]["subnets"][0]["gateway"], "10.1.2.1");
    EXPECT_EQ(json["result"]["gateway"], "10.1.2.1");
}

TEST_F(NetworkStoreTest, WhoLeavesIsKnownToItsDriverByTheResultThatItHad) {
    rt::Endpoint endpoint{"e", network_.id, "c", R"({"interface": "eth0"})", R"({"key": 7})"};
    const std::string attached = rt::endpoint_json(endpoint, network_);
    rt::begin_to_leave(endpoint);
    EXPECT_EQ(endpoint.result, "") << "to us it is on its way";
    EXPECT_EQ(rt::endpoint_json(endpoint, network_), attached);
}

} // namespace
