// SPDX-License-Identifier: Apache-2.0
#include "core/state/event_view.hpp"

#include "core/base/filter.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace rt {
namespace {

constexpr std::string_view kScope = "local"; // what happens here; there are no swarms
constexpr auto kKeys = std::to_array<std::string_view>(
    {"container", "daemon", "event", "image", "label", "network", "scope", "type", "volume"});
// docker's; of those behind the volumes there are none here.
constexpr auto kTypes =
    std::to_array<std::string_view>({"container", "image", "network", "volume", "builder", "config", "daemon",
                                     "node", "plugin", "secret", "service"});
constexpr auto kScopes = std::to_array<std::string_view>({"local", "swarm"});

using Attributes = std::map<std::string, std::string>;

std::string find(const Attributes& attributes, const char* key) {
    const auto found = attributes.find(key);
    return found == attributes.end() ? std::string() : found->second;
}

// "a/b:c" -> "a/b"; the port of "host:5000/a" is no tag.
std::string without_tag(const std::string& name) {
    const auto at = name.find('@');
    const auto colon = name.rfind(':', at);
    const auto slash = name.rfind('/');
    if (colon == std::string::npos || (slash != std::string::npos && colon < slash))
        return name.substr(0, at);
    return name.substr(0, colon);
}

// Actions that go on with ": WHAT" are meant by their first word.
bool is_action(const std::string& value, const std::string& action) {
    return action == value || action.starts_with(cat(value, ": "));
}

bool is_image(const std::string& value, const Event& event, const Attributes& attributes) {
    const std::string name = find(attributes, event.type == "image" ? "name" : "image");
    return value == event.actor_id || value == name || value == without_tag(event.actor_id) ||
           value == without_tag(name);
}

bool has_label(const std::string& value, const Attributes& attributes) {
    const auto equals = value.find('=');
    const auto found = attributes.find(value.substr(0, equals));
    return found != attributes.end() &&
           (equals == std::string::npos || found->second == value.substr(equals + 1));
}

bool fits(const std::string& key, const std::string& value, const Event& event,
          const Attributes& attributes) {
    if (key == "type") return value == event.type;
    if (key == "event") return is_action(value, event.action);
    if (key == "scope") return value == kScope;
    if (key == "label") return has_label(value, attributes);
    if (key == "image") return is_image(value, event, attributes);
    // container, network, volume, daemon
    return event.actor_id.starts_with(value) || find(attributes, "name").starts_with(value);
}

} // namespace

Attributes attributes_of(const Event& event) {
    Attributes attributes;
    const Json parsed = Json::parse(event.attributes, nullptr, false);
    if (!parsed.is_object()) return attributes;
    for (const auto& [key, value] : parsed.items())
        if (value.is_string()) attributes.emplace(key, value.get<std::string>());
    return attributes;
}

Json event_json(const Event& event) {
    const Attributes attributes = attributes_of(event);
    Json json{{"Type", event.type},
              {"Action", event.action},
              {"Actor", {{"ID", event.actor_id}, {"Attributes", attributes}}},
              {"scope", kScope},
              {"time", event.time / 1'000'000'000},
              {"timeNano", event.time}};
    if (event.type != "container" && event.type != "image") return json;
    json["status"] = event.action;
    json["id"] = event.actor_id;
    if (event.type == "container") json["from"] = find(attributes, "image");
    return json;
}

Result<EventFilters> EventFilters::parse(const std::vector<std::string>& texts) {
    EventFilters filters;
    for (const std::string& text : texts) {
        RT_TRY_ASSIGN(auto filter, split_filter(text, kKeys));
        if (filter.second.empty())
            return fail(Code::invalid_argument, "filter '", text, "' has no value: give ", filter.first,
                        "=VALUE");
        if (filter.first == "type") RT_TRY(check_filter_value(text, kTypes));
        if (filter.first == "scope") RT_TRY(check_filter_value(text, kScopes));
        filters.values_.insert(std::move(filter));
    }
    return filters;
}

bool EventFilters::matches(const Event& event) const {
    if (values_.empty()) return true;
    const Attributes attributes = attributes_of(event);
    for (auto begin = values_.begin(); begin != values_.end();) {
        const auto end = values_.upper_bound(begin->first);
        const auto fit = [&](const auto& each) { return fits(each.first, each.second, event, attributes); };
        const bool matched =
            begin->first == "label" ? std::all_of(begin, end, fit) : std::any_of(begin, end, fit);
        if (!matched) return false;
        begin = end;
    }
    return true;
}

} // namespace rt
