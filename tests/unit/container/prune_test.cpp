// SPDX-License-Identifier: Apache-2.0
#include "core/container/prune.hpp"

#include <gtest/gtest.h>

namespace rt::test {
namespace {

constexpr std::int64_t kHour = 3600'000'000'000; // ns
constexpr std::int64_t kNow = 1000 * kHour;

bool matches(const std::vector<std::string>& texts, std::int64_t created, const StringMap& labels = {}) {
    const auto filters = PruneFilters::parse(texts, kNow);
    EXPECT_TRUE(filters) << texts.front();
    return filters && filters->matches(created, labels);
}

TEST(PruneFilters, UntilSparesWhatIsYounger) {
    EXPECT_TRUE(matches({}, kNow));
    EXPECT_TRUE(matches({"until=24h"}, kNow - 25 * kHour));
    EXPECT_FALSE(matches({"until=24h"}, kNow - 23 * kHour));
    EXPECT_TRUE(matches({"until=1970-01-02T00:00:00Z"}, 23 * kHour));
    EXPECT_FALSE(matches({"until=1970-01-02T00:00:00Z"}, 25 * kHour));
    EXPECT_TRUE(matches({"until=3600"}, kHour));
}

TEST(PruneFilters, LabelsHaveToBeThereOrNotToBe) {
    const StringMap labels{{"keep", "yes"}, {"stage", "test"}};
    EXPECT_TRUE(matches({"label=keep"}, 0, labels));
    EXPECT_TRUE(matches({"label=keep=yes", "label=stage=test"}, 0, labels));
    EXPECT_FALSE(matches({"label=keep=yes", "label=stage=other"}, 0, labels)) << "all have to fit";
    EXPECT_FALSE(matches({"label=none"}, 0, labels));
    EXPECT_FALSE(matches({"label!=keep"}, 0, labels));
    EXPECT_TRUE(matches({"label!=keep=no"}, 0, labels));
    EXPECT_TRUE(matches({"label!=keep"}, 0, {}));
}

TEST(PruneFilters, OthersAreRefused) {
    for (const std::vector<std::string>& texts : {std::vector<std::string>{"status=exited"},
                                                  {"until=yesterday"},
                                                  {"label"},
                                                  {"label="},
                                                  {""},
                                                  {"until=1h", "until=2h"}}) {
        const auto filters = PruneFilters::parse(texts, kNow);
        ASSERT_FALSE(filters) << texts.front();
        EXPECT_EQ(filters.error().code, Code::invalid_argument);
    }
}

} // namespace
} // namespace rt::test
