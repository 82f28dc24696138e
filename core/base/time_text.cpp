// SPDX-License-Identifier: Apache-2.0
#include "core/base/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

namespace rt {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMostSeconds = INT64_MAX / kSecond - 1; // in the year 2262

// How many ns one of this unit has; 0: there is no such unit.
double duration_unit(std::string_view unit) {
    constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{{{"ns", 1},
                                                                         {"us", 1e3},
                                                                         {"\u00b5s", 1e3},
                                                                         {"\u03bcs", 1e3},
                                                                         {"ms", 1e6},
                                                                         {"s", 1e9},
                                                                         {"m", 60e9},
                                                                         {"h", 3600e9}}};
    const auto* found = std::ranges::find(kUnits, unit, &std::pair<std::string_view, double>::first);
    return found == kUnits.end() ? 0 : found->second;
}

// Takes things off the beginning of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_one_of(std::string_view characters, char& taken) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
        taken = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly so many digits.
    std::optional<int> number(std::size_t digits) {
        int value = 0;
        if (rest_.size() < digits) return std::nullopt;
        const char* const last = rest_.data() + digits;
        const auto [stop, problem] = std::from_chars(rest_.data(), last, value);
        if (problem != std::errc() || stop != last || rest_.front() == '-') return std::nullopt;
        rest_.remove_prefix(digits);
        return value;
    }
    // The digits behind a decimal point, in ns; what is finer is cut off.
    std::optional<std::int64_t> fraction() {
        std::int64_t value = 0;
        std::size_t count = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++count) {
            if (count < 9) value = value * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        if (count == 0) return std::nullopt;
        for (; count < 9; ++count) value *= 10;
        return value;
    }

private:
    std::string_view rest_;
};

struct Clock {
    int hour = 0, minute = 0, second = 0;
    std::int64_t fraction = 0; // ns
};

// "17", "17:20", "17:20:30", "17:20:30.5"
std::optional<Clock> read_clock(Reader& reader) {
    Clock clock;
    const auto part = [&](int& into, int end) {
        const auto value = reader.number(2);
        if (value) into = *value;
        return value && *value < end;
    };
    if (!part(clock.hour, 24)) return std::nullopt;
    if (!reader.take(':')) return clock;
    if (!part(clock.minute, 60)) return std::nullopt;
    if (!reader.take(':')) return clock;
    if (!part(clock.second, 60)) return std::nullopt;
    if (!reader.take('.')) return clock;
    const auto fraction = reader.fraction();
    if (!fraction) return std::nullopt;
    clock.fraction = *fraction;
    return clock;
}

// Seconds east of Greenwich; empty: none is given. False: it is no zone.
bool read_zone(Reader& reader, std::optional<int>& offset) {
    char sign = 0;
    if (reader.take('Z') || reader.take('z')) {
        offset = 0;
        return true;
    }
    if (!reader.take_one_of("+-", sign)) return true;
    const auto hours = reader.number(2);
    if (!hours || !reader.take(':')) return false;
    const auto minutes = reader.number(2);
    if (!minutes || *hours > 23 || *minutes > 59) return false;
    offset = (sign == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
    return true;
}

// Seconds since 1970 of a time in our own zone.
std::int64_t local_seconds(const std::chrono::year_month_day& date, const Clock& clock) {
    std::tm parts{};
    parts.tm_year = int(date.year()) - 1900;
    parts.tm_mon = static_cast<int>(unsigned(date.month())) - 1;
    parts.tm_mday = static_cast<int>(unsigned(date.day()));
    parts.tm_hour = clock.hour;
    parts.tm_min = clock.minute;
    parts.tm_sec = clock.second;
    parts.tm_isdst = -1; // as the zone has it on that day
    return std::mktime(&parts);
}

// "1763918400", "1763918400.000000001"
std::optional<std::int64_t> from_unix(std::string_view text) {
    std::int64_t seconds = 0;
    const char* const last = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), last, seconds);
    if (problem != std::errc() || text.starts_with('-') || seconds > kMostSeconds) return std::nullopt;
    if (stop == last) return seconds * kSecond;
    Reader reader(std::string_view(stop, last));
    if (!reader.take('.')) return std::nullopt;
    const auto fraction = reader.fraction();
    if (!fraction || !reader.at_end()) return std::nullopt;
    return seconds * kSecond + *fraction;
}

} // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
    Reader reader(text);
    const auto year = reader.number(4);
    if (!year || !reader.take('-')) return std::nullopt;
    const auto month = reader.number(2);
    if (!month || !reader.take('-')) return std::nullopt;
    const auto day = reader.number(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    Clock clock;
    if (reader.take('T') || reader.take('t')) {
        const auto read = read_clock(reader);
        if (!read) return std::nullopt;
        clock = *read;
    }
    std::optional<int> offset;
    if (!read_zone(reader, offset) || !reader.at_end()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds =
        offset ? days * 86400 + clock.hour * 3600 + clock.minute * 60 + clock.second - *offset
               : local_seconds(date, clock);
    if (seconds > kMostSeconds || seconds < -kMostSeconds) return std::nullopt;
    return seconds * kSecond + clock.fraction;
}

Result<std::int64_t> parse_duration(const std::string& text) {
    const auto refuse = [&] {
        return fail(Code::invalid_argument, "'", text,
                    "' is not a duration: numbers with ms, s, m or h, as in 1m30s");
    };
    if (text == "0") return 0;
    double total = 0;
    std::string_view rest = text;
    if (rest.empty()) return refuse();
    while (!rest.empty()) {
        double number = 0;
        const char* const last = rest.data() + rest.size();
        const auto [stop, problem] = std::from_chars(rest.data(), last, number, std::chars_format::fixed);
        if (problem != std::errc() || rest.front() == '-' || !std::isfinite(number)) return refuse();
        rest = std::string_view(stop, last);
        const std::string_view unit = rest.substr(0, rest.find_first_of("0123456789."));
        const double factor = duration_unit(unit);
        if (factor == 0) return refuse();
        total += number * factor;
        rest.remove_prefix(unit.size());
    }
    if (total > 0x1p62) return refuse();
    return std::llround(total);
}

Result<std::int64_t> parse_time(const std::string& text, std::int64_t now) {
    const bool ahead = text.starts_with('-');
    const bool is_signed = ahead || text.starts_with('+');
    if (const auto length = parse_duration(text.substr(is_signed ? 1 : 0)); length && text != "0")
        return ahead ? now + std::min(*length, INT64_MAX - now) : now - *length;
    if (const auto time = from_unix(text)) return *time;
    if (const auto time = parse_rfc3339(text)) return *time;
    return fail(Code::invalid_argument, "'", text,
                "' is not a time: a date (2026-11-23T17:20:00Z, or its beginning), seconds since 1970, or "
                "how long ago (10m, 1h30m)");
}

std::string rfc3339_local(std::int64_t ns) {
    std::int64_t seconds = ns / kSecond;
    std::int64_t rest = ns % kSecond;
    if (rest < 0) {
        rest += kSecond;
        --seconds;
    }
    const std::time_t time = seconds;
    std::tm parts{};
    if (::localtime_r(&time, &parts) == nullptr) return {};
    std::array<char, 96> text{};
    const long offset = parts.tm_gmtoff / 60;
    const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09lld",
                                     parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                                     parts.tm_min, parts.tm_sec, static_cast<long long>(rest));
    if (offset == 0) return cat(std::string_view(text.data(), static_cast<std::size_t>(length)), "Z");
    std::array<char, 32> zone{};
    std::snprintf(zone.data(), zone.size(), "%c%02ld:%02ld", offset < 0 ? '-' : '+', std::labs(offset) / 60,
                  std::labs(offset) % 60);
    return cat(std::string_view(text.data(), static_cast<std::size_t>(length)), zone.data());
}

std::string listed_time(std::int64_t ns) {
    const std::time_t seconds = ns / 1'000'000'000;
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S %z %Z", &local)};
}

} // namespace rt
