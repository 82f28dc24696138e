// SPDX-License-Identifier: Apache-2.0
#include "core/container/id_ranges.hpp"

#include <algorithm>

namespace rt {

Result<IdRange> choose_id_range(const IdRange& pool, const std::vector<IdRange>& used) {
    std::vector<std::uint32_t> taken;
    for (const IdRange& range : used) taken.push_back(range.first);
    std::ranges::sort(taken);
    const std::uint32_t ranges = pool.count / kIdsOfOneContainer;
    for (std::uint32_t i = 0; i < ranges; ++i) {
        const std::uint32_t first = pool.first + i * kIdsOfOneContainer;
        if (!std::ranges::binary_search(taken, first)) return IdRange{first, kIdsOfOneContainer};
    }
    return fail(Code::resource_exhausted, "choose ids for a container: all ", ranges, " ranges of ",
                kIdsOfOneContainer, " ids from ", pool.first, " on are in use: make the pool larger");
}

Result<IdRange> take_id_range(Database& database, const IdRange& pool, const std::string& container_id) {
    std::vector<IdRange> used;
    RT_TRY(database.run("SELECT first FROM id_ranges", {}, [&](const SqlRow& row) {
        used.push_back({static_cast<std::uint32_t>(row.number(0)), kIdsOfOneContainer});
    }));
    RT_TRY_ASSIGN(const IdRange range, choose_id_range(pool, used));
    RT_TRY(database.run("INSERT INTO id_ranges (first, container_id) VALUES (?, ?)",
                        {std::int64_t{range.first}, container_id}));
    return range;
}

Result<IdRange> id_range_of(Database& database, const std::string& container_id) {
    IdRange range;
    RT_TRY(database.run(
        "SELECT first FROM id_ranges WHERE container_id = ?", {container_id},
        [&](const SqlRow& row) { range = {static_cast<std::uint32_t>(row.number(0)), kIdsOfOneContainer}; }));
    return range;
}

} // namespace rt
