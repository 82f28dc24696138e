// SPDX-License-Identifier: Apache-2.0
#include "core/config/id_pool.hpp"

#include <charconv>

namespace rt {

Result<IdRange> parse_id_pool(const std::string& text) {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    const char* const last = text.data() + text.size();
    const auto head = std::from_chars(text.data(), last, first);
    const bool colon = head.ec == std::errc() && head.ptr != last && *head.ptr == ':';
    const auto tail = std::from_chars(colon ? head.ptr + 1 : last, last, count);
    const bool numbers = colon && tail.ec == std::errc() && tail.ptr == last;
    constexpr std::uint64_t kEnd = (1ULL << 32U) - kIdsOfOneContainer;
    if (!numbers || first < kIdsOfOneContainer || count < kIdsOfOneContainer || first > kEnd ||
        count > kEnd || first + count > kEnd || first % kIdsOfOneContainer != 0 ||
        count % kIdsOfOneContainer != 0)
        return fail(Code::invalid_argument, "pool of ids '", text,
                    "' is not of the form FIRST:COUNT, multiples of ", kIdsOfOneContainer,
                    ", as in 2147483648:1073741824");
    return IdRange{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)};
}

} // namespace rt
