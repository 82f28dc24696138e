// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_events.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace rt {
namespace {

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

Result<void> note_event(Engine::State& state, const Container& container, const std::string& action,
                        const EventDetails& details) {
    Json attributes = Json::object();
    const Json spec = Json::parse(container.spec, nullptr, false);
    if (spec.is_object() && spec.contains("labels") && spec["labels"].is_object())
        attributes = spec["labels"];
    attributes["image"] = container.image_name;
    attributes["name"] = container.name;
    for (const auto& [key, value] : details) attributes[key] = value;
    return state.events.add(
        {.type = "container", .action = action, .actor_id = container.id, .attributes = dump(attributes)});
}

Result<void> note_network_event(Engine::State& state, const Network& network, const std::string& container_id,
                                const std::string& action) {
    return state.events.add(
        {.type = "network",
         .action = action,
         .actor_id = network.id,
         .attributes =
             dump({{"container", container_id}, {"name", network.name}, {"type", network.driver}})});
}

int exit_code_of(const Event& event) {
    const Json attributes = Json::parse(event.attributes, nullptr, false);
    const std::string text = attributes.is_object() ? attributes.value("exitCode", "") : std::string();
    int code = 0;
    std::from_chars(text.data(), text.data() + text.size(), code);
    return code;
}

} // namespace rt
