// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"

#include "core/base/error.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace rt {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t read_clock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
}

} // namespace

std::int64_t now_ns() {
    return read_clock(CLOCK_REALTIME);
}
std::int64_t monotonic_ns() {
    return read_clock(CLOCK_MONOTONIC);
}
std::int64_t boot_time_ns() {
    return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME);
}

std::string rfc3339(std::int64_t ns) {
    // Not gmtime_r(): it reads the host's time zone first, which is five system calls for nothing.
    using namespace std::chrono;
    const sys_time<nanoseconds> time{nanoseconds(ns)};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                  int(clock.minutes().count()), int(clock.seconds().count()),
                  int(clock.subseconds().count()));
    return text.data();
}

std::string human_duration(std::int64_t ns) {
    const std::int64_t seconds = ns / kSecond;
    if (seconds < 1) return "Less than a second";
    if (seconds == 1) return "1 second";
    if (seconds < 60) return cat(seconds, " seconds");
    const std::int64_t minutes = seconds / 60;
    if (minutes == 1) return "About a minute";
    if (minutes < 60) return cat(minutes, " minutes");
    const std::int64_t hours = (seconds + 1800) / 3600;
    if (hours == 1) return "About an hour";
    if (hours < 48) return cat(hours, " hours");
    const std::int64_t days = hours / 24;
    if (days < 14) return cat(days, " days");
    if (days < 60) return cat(days / 7, " weeks");
    if (days < 730) return cat(days / 30, " months");
    return cat(days / 365, " years");
}

} // namespace rt
