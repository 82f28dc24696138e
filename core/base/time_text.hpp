// SPDX-License-Identifier: Apache-2.0
// Times and lengths of time as users write them: --since, --until, `--filter until=`, --health-interval. Each
// error is invalid_argument and shows the text. Times without a zone are in the zone of this process (TZ).
// Any thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// Go's durations: "1m30s", "1.5h", "300ms", "0": ns, not negative.
Result<std::int64_t> parse_duration(const std::string& text);

// docker's: RFC 3339 and its beginnings ("2026-11-23", "2026-11-23T17:20", with "Z" or "+01:00" or none),
// seconds since 1970 ("1763918400", "1763918400.5"), or a duration before now ("10m"; "-10m" is after it).
// ns since 1970.
Result<std::int64_t> parse_time(const std::string& text, std::int64_t now);

// RFC 3339 alone, as logs have it. Empty: it is none.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// As rfc3339() (core/base/clock.hpp), in the zone of this process: "...+01:00", or "...Z".
std::string rfc3339_local(std::int64_t ns);

// As docker's listings have it, in the zone of this process: "2026-11-26 18:01:09 +0000 UTC".
std::string listed_time(std::int64_t ns);

} // namespace rt
