// SPDX-License-Identifier: Apache-2.0
#include "core/container/port_conflict.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;

class PortConflict : public testing::Test {
protected:
    PortConflict() {
        EXPECT_TRUE(state_.networks.add({"abcdefabcdef", "net", "net", {}, "{}", "{}"}));
        add("a", "chosen", R"({"ports": [{"host_ip": "0.0.0.0", "host_port": 0, "container_port": 80,
                                           "protocol": "tcp"}]})",
            R"({"ports": [{"host_ip": "0.0.0.0", "host_port": 32768, "container_port": 80, "protocol": "tcp"}]})");
        add("b", "asked", R"({"ports": [{"host_ip": "192.0.2.1", "host_port": 8080, "container_port": 80,
                                          "protocol": "tcp"}]})",
            "");
    }
    void add(const std::string& id, const std::string& name, const std::string& request,
             const std::string& result) {
        rt::Container container;
        container.id = std::string(64, id.front());
        container.name = name;
        container.spec = "{}";
        EXPECT_TRUE(state_.containers.add(container));
        EXPECT_TRUE(state_.networks.add_endpoint(
            {std::string(12, id.front()), "abcdefabcdef", container.id, request, result}));
    }
    std::string told(const rt::PublishedPort& port, rt::Code code = rt::Code::already_exists) {
        return rt::name_the_holder(state_, std::string(64, 'c'), {port}, {code, 0, "endpoint has it"})
            .message;
    }

    rt::test::TempDir dir_;
    rt::Engine::State state_{std::move(*rt::Database::open(dir_ / "root"))};
};

TEST_F(PortConflict, TheContainerThatHasItIsNamedInDockersWords) {
    EXPECT_THAT(told({"0.0.0.0", 8080, 1, "tcp"}),
                testing::AllOf(HasSubstr("Bind for 0.0.0.0:8080 failed: port is already allocated"),
                               HasSubstr("'asked'")));
    EXPECT_THAT(told({"192.0.2.1", 8080, 1, "tcp"}), HasSubstr("'asked'"));
    EXPECT_THAT(told({"192.0.2.7", 32768, 1, "tcp"}, rt::Code::unavailable), HasSubstr("'chosen'"));
}

TEST_F(PortConflict, WhereNoContainerHasItTheDriversWordsStand) {
    EXPECT_EQ(told({"192.0.2.2", 8080, 1, "tcp"}), "endpoint has it");
    EXPECT_EQ(told({"0.0.0.0", 8080, 1, "udp"}), "endpoint has it");
    EXPECT_EQ(told({"0.0.0.0", 0, 1, "tcp"}), "endpoint has it");
    EXPECT_EQ(told({"0.0.0.0", 8080, 1, "tcp"}, rt::Code::internal), "endpoint has it");
    // Its own endpoint is no other container's.
    EXPECT_EQ(rt::name_the_holder(state_, std::string(64, 'b'), {{"0.0.0.0", 8080, 1, "tcp"}},
                                  {rt::Code::already_exists, 0, "x"})
                  .message,
              "x");
}

} // namespace
