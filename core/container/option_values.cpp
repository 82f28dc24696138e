// SPDX-License-Identifier: Apache-2.0
#include "core/container/option_values.hpp"

#include "core/base/nearest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace rt {
namespace {

const std::vector<std::string>& ulimit_names() {
    static const std::vector<std::string> kNames{"core",    "cpu",      "data",   "fsize",      "locks",
                                                 "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                                 "rss",     "rtprio",   "rttime", "sigpending", "stack"};
    return kNames;
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    const char* const last = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), last, number);
    if (problem != std::errc() || rest != last) return std::nullopt;
    return number;
}

// Of one block device: "PATH:VALUE".
Result<std::pair<std::string, std::string>> split_device(const std::string& text, const char* form) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || !text.starts_with("/dev/"))
        return fail(Code::invalid_argument, "'", text, "' is not of the form ", form);
    return std::pair(text.substr(0, colon), text.substr(colon + 1));
}

bool is_device_access(const std::string& text) {
    return !text.empty() && text.size() <= 3 && text.find_first_not_of("rwm") == std::string::npos;
}

} // namespace

Result<std::int64_t> parse_size(const std::string& text) {
    double number = 0;
    const char* const last = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), last, number);
    std::string unit(rest, last);
    std::ranges::transform(unit, unit.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (unit.size() > 1 && unit.ends_with("ib")) unit.erase(unit.size() - 2);
    if (unit.size() > 1 && unit.ends_with('b')) unit.pop_back();
    constexpr std::string_view kUnits = "bkmgtp";
    const auto power = unit.empty() ? 0 : unit.size() == 1 ? kUnits.find(unit.front()) : std::string::npos;
    const double bytes = power == std::string::npos ? -1 : std::ldexp(number, static_cast<int>(10 * power));
    if (problem != std::errc() || !(bytes >= 0 && bytes <= 0x1p62))
        return fail(Code::invalid_argument, "'", text,
                    "' is not a size: a number with b, k, m, g or t, as in 512m");
    return static_cast<std::int64_t>(bytes);
}

Result<std::int64_t> parse_size_or_unlimited(const std::string& text) {
    return text == "-1" ? Result<std::int64_t>(-1) : parse_size(text);
}

Result<std::int64_t> parse_cpus(const std::string& text) {
    double number = 0;
    const char* const last = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), last, number);
    // The kernel's least quota is 1 ms in a period of 100 ms; 0 is docker's word for no limit.
    const bool in_range = number == 0 || (number >= 0.01 && number <= 10'000);
    if (problem != std::errc() || rest != last || !in_range)
        return fail(Code::invalid_argument, "'", text, "' is not a number of CPUs: 0.01 or more, as in 1.5");
    return std::llround(number * 1e9);
}

Result<std::int64_t> parse_integer(const std::string& text) {
    const auto number = whole_number<std::int64_t>(text);
    if (!number) return fail(Code::invalid_argument, "'", text, "' is not a whole number");
    return *number;
}

Result<bool> parse_boolean(const std::string& text) {
    for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"})
        if (text == yes) return true;
    for (const char* no : {"0", "f", "F", "false", "FALSE", "False"})
        if (text == no) return false;
    return fail(Code::invalid_argument, "'", text, "' is not one of true, false");
}

Result<Ulimit> parse_ulimit(const std::string& text) {
    const auto [name, limits] = split_assignment(text);
    if (!is_ulimit_name(name)) {
        const std::string best = nearest(name, ulimit_names());
        return fail(Code::invalid_argument, "ulimit '", text, "': there is no limit '", name, "'",
                    best.empty() ? std::string() : cat(" (did you mean ", best, "?)"));
    }
    const auto colon = limits.find(':');
    const auto soft = whole_number<std::int64_t>(std::string_view(limits).substr(0, colon));
    const auto hard = colon == std::string::npos
                          ? soft
                          : whole_number<std::int64_t>(std::string_view(limits).substr(colon + 1));
    if (!soft || !hard || *soft < -1 || *hard < -1)
        return fail(Code::invalid_argument, "ulimit '", text,
                    "' is not of the form NAME=SOFT[:HARD], numbers or -1, as in nofile=1024:4096");
    if (*hard != -1 && (*soft > *hard || *soft == -1))
        return fail(Code::invalid_argument, "ulimit '", text, "': the soft limit is above the hard limit");
    return Ulimit{name, *soft, *hard};
}

Result<DeviceMapping> parse_device(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const auto colon = std::min(text.find(':', at), text.size());
        parts.push_back(text.substr(at, colon - at));
        at = colon + 1;
    }
    if (!text.starts_with('/') && text.find('=') != std::string::npos)
        return fail(Code::unsupported, "device '", text,
                    "': devices of CDI are not supported: give their nodes");
    DeviceMapping device{parts.front(), parts.front(), "rwm"};
    if (parts.size() == 2 && is_device_access(parts[1]))
        device.cgroup_permissions = parts[1];
    else if (parts.size() >= 2)
        device.path_in_container = parts[1];
    if (parts.size() == 3) device.cgroup_permissions = parts[2];
    if (parts.size() > 3 || !device.path_on_host.starts_with('/') ||
        !device.path_in_container.starts_with('/') || !is_device_access(device.cgroup_permissions))
        return fail(Code::invalid_argument, "device '", text,
                    "' is not of the form HOST[:CTR][:rwm], absolute paths, as in /dev/fuse");
    return device;
}

Result<WeightDevice> parse_weight_device(const std::string& text) {
    RT_TRY_ASSIGN(const auto parts, split_device(text, "DEVICE:WEIGHT, as in /dev/sda:500"));
    const auto weight = whole_number<int>(parts.second);
    if (!weight || *weight < 10 || *weight > 1000)
        return fail(Code::invalid_argument, "'", text, "': the weight is not a number from 10 to 1000");
    return WeightDevice{parts.first, *weight};
}

Result<ThrottleDevice> parse_throttle_bytes(const std::string& text) {
    RT_TRY_ASSIGN(const auto parts, split_device(text, "DEVICE:SIZE, as in /dev/sda:1mb"));
    RT_TRY_ASSIGN(const std::int64_t rate, parse_size(parts.second));
    return ThrottleDevice{parts.first, rate};
}

Result<ThrottleDevice> parse_throttle_operations(const std::string& text) {
    RT_TRY_ASSIGN(const auto parts, split_device(text, "DEVICE:NUMBER, as in /dev/sda:1000"));
    const auto rate = whole_number<std::uint32_t>(parts.second);
    if (!rate) return fail(Code::invalid_argument, "'", text, "': '", parts.second, "' is not a number");
    return ThrottleDevice{parts.first, *rate};
}

Result<std::vector<std::string>> parse_exposed_ports(const std::string& text) {
    const auto slash = text.find('/');
    const std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
    const std::string range = text.substr(0, slash);
    const auto dash = range.find('-');
    const auto first = whole_number<std::uint16_t>(std::string_view(range).substr(0, dash));
    const auto last = dash == std::string::npos
                          ? first
                          : whole_number<std::uint16_t>(std::string_view(range).substr(dash + 1));
    if (!first || !last || *first == 0 || *last < *first)
        return fail(Code::invalid_argument, "'", text,
                    "' is not a port or a range of ports, as in 8000-8010/udp");
    if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
        return fail(Code::invalid_argument, "port '", text, "': protocol '", protocol,
                    "' is not one of tcp, udp, sctp");
    std::vector<std::string> ports;
    for (int port = *first; port <= *last; ++port) ports.push_back(cat(port, "/", protocol));
    return ports;
}

Result<std::string> parse_extra_host(const std::string& text) {
    const auto separator = text.find_first_of(":=");
    std::string address = separator == std::string::npos ? std::string() : text.substr(separator + 1);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (separator == std::string::npos || separator == 0 || address.empty())
        return fail(Code::invalid_argument, "'", text,
                    "' is not of the form NAME:ADDRESS, as in db:10.0.0.7");
    return cat(text.substr(0, separator), ":", address);
}

std::pair<std::string, std::string> split_assignment(const std::string& text) {
    const auto equals = text.find('=');
    return {text.substr(0, equals), equals == std::string::npos ? std::string() : text.substr(equals + 1)};
}

bool is_ulimit_name(std::string_view name) {
    return std::ranges::find(ulimit_names(), name) != ulimit_names().end();
}

bool is_device_rule(const std::string& text) {
    const auto first = text.find(' ');
    const auto second = first == std::string::npos ? first : text.find(' ', first + 1);
    if (first != 1 || second == std::string::npos ||
        std::string_view("abc").find(text[0]) == std::string_view::npos)
        return false;
    const std::string numbers = text.substr(first + 1, second - first - 1);
    const auto colon = numbers.find(':');
    const auto is_number = [](const std::string& word) {
        return word == "*" || whole_number<std::uint32_t>(word).has_value();
    };
    return colon != std::string::npos && is_number(numbers.substr(0, colon)) &&
           is_number(numbers.substr(colon + 1)) && is_device_access(text.substr(second + 1));
}

Result<std::vector<std::string>> split_csv(const std::string& text) {
    std::vector<std::string> words(1);
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            words.back() += text[++i];
        } else if (c == '"' && (quoted || words.back().empty())) {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            words.emplace_back();
        } else {
            words.back() += c;
        }
    }
    if (quoted) return fail(Code::invalid_argument, "'", text, "': a quotation mark is not closed");
    return words;
}

} // namespace rt
