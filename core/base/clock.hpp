// SPDX-License-Identifier: Apache-2.0
// Time as rt stores and shows it: nanoseconds since 1970 (UTC), RFC 3339 texts, and durations in words. Any
// thread.
#pragma once

#include <cstdint>
#include <string>

namespace rt {

std::int64_t now_ns();       // CLOCK_REALTIME
std::int64_t monotonic_ns(); // CLOCK_MONOTONIC
std::int64_t boot_time_ns(); // when this host was started, by CLOCK_REALTIME

// "2026-11-23T17:20:00.123456789Z"; nine digits always, as in Docker's logs and inspect.
std::string rfc3339(std::int64_t ns);

// "Less than a second", "5 seconds", "About a minute", "3 hours", "2 weeks": a length of time as docker words
// it.
std::string human_duration(std::int64_t ns);

} // namespace rt
