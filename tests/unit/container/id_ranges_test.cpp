// SPDX-License-Identifier: Apache-2.0
#include "core/container/id_ranges.hpp"

#include "core/container/container_store.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace {

TEST(IdRanges, ThePoolIsMadeOfWholeRangesAboveTheHostsUsers) {
    const auto pool = rt::parse_id_pool("131072:131072");
    ASSERT_TRUE(pool) << pool.error().message;
    EXPECT_EQ(pool->first, 131'072U);
    EXPECT_EQ(pool->count, 131'072U);
    EXPECT_TRUE(rt::parse_id_pool("2147483648:1073741824"));
    for (const char* bad : {"", "65536", "0:65536", "65536:1", "65537:65536", "65536:65536x", "65536:-1",
                            "4294901760:65536", "18446744073709486080:131072"})
        EXPECT_FALSE(rt::parse_id_pool(bad)) << bad;
}

TEST(IdRanges, TheLowestHoleIsTakenUntilThereIsNone) {
    const rt::IdRange pool{65536, 3 * 65536};
    std::vector<rt::IdRange> used;
    for (int i = 1; i <= 3; ++i) {
        const auto range = rt::choose_id_range(pool, used);
        ASSERT_TRUE(range);
        EXPECT_EQ(range->first, 65536U * static_cast<unsigned>(i));
        EXPECT_EQ(range->count, 65536U);
        used.push_back(*range);
    }
    EXPECT_EQ(rt::choose_id_range(pool, used).error().code, rt::Code::resource_exhausted);
    used.erase(used.begin() + 1);
    EXPECT_EQ(rt::choose_id_range(pool, used)->first, 131'072U);
}

TEST(IdRanges, AreAContainersFromItsRecordToItsRemoval) {
    const rt::test::TempDir dir;
    rt::Database database = *rt::Database::open(dir / "root");
    rt::ContainerStore store(database);
    const rt::IdRange pool{131'072, 131'072}; // two
    const auto take = [&](const std::string& id) -> std::uint32_t {
        std::uint32_t first = 0;
        const auto done = database.transaction([&]() -> rt::Result<void> {
            rt::Container container;
            container.id = container.name = id;
            RT_TRY(store.add(container));
            RT_TRY_ASSIGN(const rt::IdRange range, rt::take_id_range(database, pool, id));
            first = range.first;
            return {};
        });
        return done ? first : 0;
    };
    EXPECT_EQ(take("aa"), 131'072U);
    EXPECT_EQ(take("bb"), 196'608U);
    EXPECT_EQ(take("cc"), 0U);
    EXPECT_FALSE(store.find("cc")) << "nothing of it is recorded";
    EXPECT_EQ(rt::id_range_of(database, "bb")->first, 196'608U);
    EXPECT_TRUE(store.remove("aa"));
    EXPECT_EQ(rt::id_range_of(database, "aa")->count, 0U);
    EXPECT_EQ(take("cc"), 131'072U);
}

} // namespace
