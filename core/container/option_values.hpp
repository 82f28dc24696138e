// SPDX-License-Identifier: Apache-2.0
// The values of docker's options as users and API clients write them: sizes, times, limits, devices. Each
// error is invalid_argument and shows the value. Pure; any thread.
#pragma once

#include "core/base/time_text.hpp" // durations
#include "core/container/spec.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt {

// "512m", "1g", "1048576": bytes, powers of 1024.
Result<std::int64_t> parse_size(const std::string& text);
// The same, and "-1".
Result<std::int64_t> parse_size_or_unlimited(const std::string& text);
// "1.5" -> 1'500'000'000
Result<std::int64_t> parse_cpus(const std::string& text);
Result<std::int64_t> parse_integer(const std::string& text);
// "1", "t", "true", "0", "f", "false" in Go's spellings.
Result<bool> parse_boolean(const std::string& text);

// "nofile=1024[:2048]"; -1 is unlimited.
Result<Ulimit> parse_ulimit(const std::string& text);
// "/dev/x[:/dev/y][:rwm]"
Result<DeviceMapping> parse_device(const std::string& text);
// "/dev/sda:500", weights from 10 to 1000.
Result<WeightDevice> parse_weight_device(const std::string& text);
// "/dev/sda:1mb" (bytes) and "/dev/sda:1000" (operations).
Result<ThrottleDevice> parse_throttle_bytes(const std::string& text);
Result<ThrottleDevice> parse_throttle_operations(const std::string& text);
// "80", "8000-8010/udp" -> "80/tcp", ...
Result<std::vector<std::string>> parse_exposed_ports(const std::string& text);
// "name:10.0.0.1", "name=[::1]", "name:host-gateway" -> "name:address"
Result<std::string> parse_extra_host(const std::string& text);

// "key=value", and "key" alone as one with an empty value. The key is not empty.
std::pair<std::string, std::string> split_assignment(const std::string& text);

// The resource limits that there are, for setrlimit(2).
bool is_ulimit_name(std::string_view name);
// "c 1:3 rwm", "a *:* rwm", "b 8:* r"
bool is_device_rule(const std::string& text);

// Words of a line of comma-separated values (RFC 4180, as --mount takes them): "a,\"b,c\"".
Result<std::vector<std::string>> split_csv(const std::string& text);

} // namespace rt
