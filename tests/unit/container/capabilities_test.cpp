// SPDX-License-Identifier: Apache-2.0
#include "core/container/capabilities.hpp"

#include <gmock/gmock.h>

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(Capabilities, AreDockersFourteenByDefault) {
    EXPECT_THAT(*rt::effective_capabilities({}, {}), SizeIs(14));
    EXPECT_THAT(*rt::effective_capabilities({}, {}), Not(Contains("CAP_SYS_ADMIN")));
}

TEST(Capabilities, AreAddedAndDroppedByAnySpelling) {
    EXPECT_THAT(*rt::effective_capabilities({"net_admin"}, {}), Contains("CAP_NET_ADMIN"));
    EXPECT_THAT(*rt::effective_capabilities({}, {"CAP_CHOWN"}), Not(Contains("CAP_CHOWN")));
    EXPECT_THAT(*rt::effective_capabilities({}, {"all"}), IsEmpty());
    EXPECT_THAT(*rt::effective_capabilities({"CHOWN"}, {"ALL"}), ElementsAre("CAP_CHOWN"));
    EXPECT_THAT(*rt::effective_capabilities({"ALL"}, {"SYS_ADMIN"}), SizeIs(40));
}

TEST(Capabilities, UnknownOnesAreRefusedWithTheNearest) {
    const auto result = rt::effective_capabilities({"NET_ADMN"}, {});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, rt::Code::invalid_argument);
    EXPECT_NE(result.error().message.find("NET_ADMIN"), std::string::npos);
}

} // namespace
