// SPDX-License-Identifier: Apache-2.0
#include "core/container/container_events.hpp"

#include "core/image/image_events.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <random>

namespace rt {
namespace {

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace

Result<std::string> image_config_of(Engine::State& state, const Container& container) {
    std::string config;
    RT_TRY(state.database.run("SELECT config FROM images WHERE id = ?", {container.image_id},
                              [&](const SqlRow& row) { config = row.text(0); }));
    return config;
}

std::string event_attributes(const Container& container, const std::string& image_config,
                             const EventDetails& details) {
    Json attributes = labels_of_config(image_config);
    const Json spec = Json::parse(container.spec, nullptr, false);
    if (spec.is_object() && spec.contains("labels") && spec["labels"].is_object())
        attributes.update(spec["labels"]);
    attributes["image"] = container.image_name;
    attributes["name"] = container.name;
    for (const auto& [key, value] : details) attributes[key] = value;
    return dump(attributes);
}

Result<void> note_event(Engine::State& state, const Container& container, const std::string& action,
                        const EventDetails& details, const std::string* image_config) {
    std::string found;
    if (image_config == nullptr) {
        RT_TRY_ASSIGN(found, image_config_of(state, container));
        image_config = &found;
    }
    return state.events.add({.type = "container",
                             .action = action,
                             .actor_id = container.id,
                             .attributes = event_attributes(container, *image_config, details)});
}

Result<void> record_event(Engine::State& state, const Container& container, const std::string& action,
                          const EventDetails& details) {
    return state.database.transaction([&]() -> Result<void> {
        RT_TRY(note_event(state, container, action, details));
        return prune_now_and_then(state);
    });
}

Result<void> note_network_event(Engine::State& state, const Network& network, const std::string& container_id,
                                const std::string& action) {
    Json attributes{{"name", network.name}, {"type", network.driver}};
    if (!container_id.empty()) attributes["container"] = container_id;
    return state.events.add(
        {.type = "network", .action = action, .actor_id = network.id, .attributes = dump(attributes)});
}

Result<void> prune_now_and_then(Engine::State& state) {
    constexpr int kOneIn = 16;
    thread_local std::minstd_rand lots{std::random_device{}()};
    return lots() % kOneIn == 0 ? state.events.prune() : Result<void>();
}

int exit_code_of(const Event& event) {
    const Json attributes = Json::parse(event.attributes, nullptr, false);
    const std::string text = attributes.is_object() ? attributes.value("exitCode", "") : std::string();
    int code = 0;
    std::from_chars(text.data(), text.data() + text.size(), code);
    return code;
}

} // namespace rt
