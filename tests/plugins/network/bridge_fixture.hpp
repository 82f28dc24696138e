// SPDX-License-Identifier: Apache-2.0
// What tests of the bridge driver share: a network that is there, endpoints in it, and a leak check at the
// end.
#pragma once

#include "driver_under_test.hpp"
#include "net_lab.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace rt::test {

using Json = nlohmann::json;

class Bridge : public testing::Test {
protected:
    void SetUp() override {
        shell("echo 0 > /proc/sys/net/ipv4/ip_forward"); // a new namespace has what the machine has
        before_ = picture_of_host();
        network_ = make_network("aaaabbbbcccc");
    }
    void TearDown() override {
        for (const auto& endpoint : endpoints_) EXPECT_EQ(driver_.detach(endpoint, -1).status, RTP_OK);
        for (const auto& network : networks_) EXPECT_EQ(driver_.remove_network(network).status, RTP_OK);
        // What is left of dead namespaces goes a little later, by the kernel's own doing.
        EXPECT_TRUE(eventually([&] { return picture_of_host() == before_; })) << before_ << "\nnow:\n"
                                                                              << picture_of_host();
    }

    // Creates a network; it is removed at the end of the test.
    Json make_network(const std::string& id, const Json& options = Json::object()) {
        Json network{{"id", id}, {"name", "net-" + id}, {"options", options}};
        const Answer made = driver_.create_network(network);
        EXPECT_EQ(made.status, RTP_OK) << made.message;
        network["result"] = made.json;
        networks_.push_back(network);
        return network;
    }
    // An endpoint document: number is the last part of its address in 10.88.0.0/20.
    static Json endpoint_in(const Json& network, int number, const Json& ports = Json::array()) {
        std::string id = "e00000000000";
        const std::string digits = std::to_string(number);
        id.replace(id.size() - digits.size(), digits.size(), digits);
        const std::string subnet = network["result"]["subnets"][0]["subnet"];
        const std::string base = subnet.substr(0, subnet.find('/'));
        const std::string address =
            base.substr(0, base.rfind('.') + 1) + digits + subnet.substr(subnet.find('/'));
        return {{"id", id},           {"container_id", "c1"},
                {"hostname", "h"},    {"interface", "eth0"},
                {"network", network}, {"addresses", Json::array({address})},
                {"ports", ports}};
    }
    static Json port(const std::string& ip, int host, int container, const std::string& protocol = "tcp") {
        return {{"host_ip", ip}, {"host_port", host}, {"container_port", container}, {"protocol", protocol}};
    }
    // Attaches, expecting success, and keeps the result in the document; detached at the end of the test.
    Json attach(Json endpoint, const NetNs& container) {
        const Answer answer = driver_.attach(endpoint, container.fd());
        EXPECT_EQ(answer.status, RTP_OK) << answer.message;
        endpoint["result"] = answer.json;
        endpoints_.push_back(endpoint);
        return endpoint;
    }

    NetworkDriver driver_{"bridge"};
    std::string before_;
    Json network_;
    std::vector<Json> networks_, endpoints_;
};

} // namespace rt::test
