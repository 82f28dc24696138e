// SPDX-License-Identifier: Apache-2.0
#include "driver_under_test.hpp"
#include "net_lab.hpp"

#include <gtest/gtest.h>

namespace rt::test {
namespace {

using Json = nlohmann::json;

const Json kNetwork{{"id", "aaaabbbbcccc"}, {"name", "n"}, {"options", Json::object()}};
const Json kEndpoint{{"id", "e00000000005"},  {"container_id", "c"}, {"hostname", "h"},
                     {"interface", "eth0"},   {"network", kNetwork}, {"addresses", Json::array()},
                     {"ports", Json::array()}};

TEST(HostNetwork, UsesTheHostsNamespaceAndChangesNothing) {
    NetworkDriver driver("host");
    EXPECT_EQ(driver.table().features, RTP_NETWORK_HOST_NAMESPACE);
    const std::string before = picture_of_host();
    EXPECT_EQ(driver.probe().status, RTP_OK);
    EXPECT_EQ(driver.create_network(kNetwork).json, Json::object());
    EXPECT_EQ(driver.attach(kEndpoint, -1).status, RTP_OK);
    EXPECT_EQ(driver.check(kEndpoint, -1).status, RTP_OK);
    EXPECT_EQ(driver.detach(kEndpoint, -1).status, RTP_OK);
    EXPECT_EQ(driver.remove_network(kNetwork).status, RTP_OK);
    EXPECT_EQ(picture_of_host(), before);
}

TEST(HostNetwork, RefusesANamespaceOfTheContainersOwn) {
    NetworkDriver driver("host");
    NetNs container;
    EXPECT_EQ(driver.attach(kEndpoint, container.fd()).status, RTP_INVALID_ARGUMENT);
}

TEST(NoNetwork, BringsUpLoopbackAndNothingElse) {
    NetworkDriver driver("none");
    NetNs container;
    EXPECT_EQ(driver.table().features, 0U);
    const std::string before = picture_of_host();
    EXPECT_EQ(driver.create_network(kNetwork).json, Json::object());
    EXPECT_EQ(driver.check(kEndpoint, container.fd()).status, RTP_FAILED_PRECONDITION);
    EXPECT_EQ(driver.attach(kEndpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(driver.check(kEndpoint, container.fd()).status, RTP_OK);
    const Service service(container.fd(), Service::Kind::tcp, "127.0.0.1", 80, "me");
    EXPECT_EQ(ask(container.fd(), Service::Kind::tcp, "127.0.0.1", 80), "me");
    EXPECT_EQ(driver.detach(kEndpoint, container.fd()).status, RTP_OK);
    EXPECT_EQ(driver.detach(kEndpoint, -1).status, RTP_OK);
    EXPECT_EQ(picture_of_host(), before);
}

TEST(NoNetwork, AttachNeedsANamespace) {
    NetworkDriver driver("none");
    EXPECT_EQ(driver.attach(kEndpoint, -1).status, RTP_INVALID_ARGUMENT);
}

} // namespace
} // namespace rt::test
