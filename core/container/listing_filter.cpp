// SPDX-License-Identifier: Apache-2.0
#include "core/container/listing.hpp"

#include "core/base/filter.hpp"
#include "core/base/pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace rt {
namespace {

constexpr auto kStates = std::to_array<std::string_view>(
    {"created", "running", "paused", "restarting", "removing", "exited", "dead"});
constexpr auto kHealths = std::to_array<std::string_view>({"starting", "healthy", "unhealthy", "none"});
constexpr auto kBooleans = std::to_array<std::string_view>({"true", "false"});
constexpr auto kKeys =
    std::to_array<std::string_view>({"ancestor", "before", "exited", "expose", "health", "id", "is-task",
                                     "label", "name", "network", "publish", "since", "status", "volume"});

struct PortRange {
    int first = 0, last = 0;
    std::string protocol = "tcp";
};

Result<PortRange> parse_range(const std::string& text) {
    PortRange range;
    const auto slash = text.find('/');
    if (slash != std::string::npos) range.protocol = text.substr(slash + 1);
    const char* const end = text.data() + std::min(slash, text.size());
    auto read = std::from_chars(text.data(), end, range.first);
    range.last = range.first;
    if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
        read = std::from_chars(read.ptr + 1, end, range.last);
    if (read.ec != std::errc() || read.ptr != end || range.first < 1 || range.last > 65535 ||
        range.last < range.first)
        return fail(Code::invalid_argument, "'", text, "' is not PORT[-PORT][/PROTOCOL]");
    return range;
}

Result<void> check(const std::string& key, const std::string& value) {
    if (key == "name" && !is_pattern(value))
        return fail(Code::invalid_argument, "'", value, "' is not a regular expression");
    if (key == "exited") {
        int number = 0;
        const char* const end = value.data() + value.size();
        if (value.empty() || std::from_chars(value.data(), end, number).ptr != end)
            return fail(Code::invalid_argument, "'", value, "' is not an exit code");
    }
    if (key == "publish" || key == "expose")
        if (auto range = parse_range(value); !range) return std::unexpected(std::move(range).error());
    return {};
}

bool has_label(const ContainerSummary& container, const std::string& value) {
    const auto equals = value.find('=');
    const auto found = container.labels.find(value.substr(0, equals));
    if (found == container.labels.end()) return false;
    return equals == std::string::npos || found->second == value.substr(equals + 1);
}

bool has_port(const ContainerSummary& container, const std::string& key, const std::string& value) {
    const auto range = parse_range(value);
    if (!range) return false;
    return std::ranges::any_of(container.ports, [&](const ShownPort& port) {
        const int number = key == "publish" ? port.host_port : port.container_port;
        return port.protocol == range->protocol && number >= range->first && number <= range->last;
    });
}

bool fits(const ContainerSummary& container, const std::string& key, const std::string& value) {
    const Container& record = container.record;
    if (key == "id") return record.id.starts_with(value);
    if (key == "name") return finds(value, record.name) || finds(value, cat("/", record.name));
    if (key == "status") return container.state == value;
    if (key == "health") return container.health == value;
    if (key == "exited") return container.state == "exited" && std::to_string(record.exit_code) == value;
    if (key == "ancestor") return record.image_id == value;
    if (key == "before") return std::to_string(record.created_at).compare(value) < 0;
    if (key == "since") return std::to_string(record.created_at).compare(value) > 0;
    if (key == "network") return std::ranges::find(container.networks, value) != container.networks.end();
    if (key == "is-task") return value == "false"; // there are no swarms
    if (key == "publish" || key == "expose") return has_port(container, key, value);
    return std::ranges::find(container.mounts, value) != container.mounts.end() ||
           std::ranges::find(container.mount_targets, value) != container.mount_targets.end();
}

} // namespace

Result<ContainerFilters> ContainerFilters::parse(Engine::State& state,
                                                 const std::vector<std::string>& texts) {
    ContainerFilters filters;
    for (const std::string& text : texts) {
        RT_TRY_ASSIGN(auto filter, split_filter(text, kKeys));
        auto& [key, value] = filter;
        if (key == "status") RT_TRY(check_filter_value(text, kStates));
        if (key == "health") RT_TRY(check_filter_value(text, kHealths));
        if (key == "is-task") RT_TRY(check_filter_value(text, kBooleans));
        if (auto checked = check(key, value); !checked)
            return in_context(std::move(checked).error(), "filter '", text, "'");
        if (key == "before" || key == "since") {
            RT_TRY_ASSIGN(const Container other, state.containers.find(value));
            value = std::to_string(other.created_at); // of 19 digits, from 2001 to 2286
        } else if (key == "ancestor") {
            RT_TRY_ASSIGN(const Image image, state.images.find(value));
            value = image.id;
        }
        filters.values_.emplace(key, std::move(value));
    }
    return filters;
}

bool ContainerFilters::matches(const ContainerSummary& container) const {
    for (auto begin = values_.begin(); begin != values_.end();) {
        const auto end = values_.upper_bound(begin->first);
        bool matched = begin->first == "label"; // all labels have to be there, as docker has it
        for (auto each = begin; each != end; ++each) {
            if (each->first == "label")
                matched = matched && has_label(container, each->second);
            else
                matched = matched || fits(container, each->first, each->second);
        }
        if (!matched) return false;
        begin = end;
    }
    return true;
}

bool ContainerFilters::wants_all() const {
    return values_.contains("status") || values_.contains("exited") || values_.contains("before") ||
           values_.contains("since");
}

} // namespace rt
