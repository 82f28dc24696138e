// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_events.hpp"

#include "core/state/events.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

Result<void> add(Database& database, const Image& image, Event event, const std::string& name) {
    Json attributes = labels_of_config(image.config_json);
    attributes["name"] = name;
    event.attributes = attributes.dump(-1, ' ', false, Json::error_handler_t::replace);
    EventLog log(database);
    RT_TRY(log.add(event));
    return log.prune(); // beside what an image costs, this costs nothing
}

} // namespace

std::map<std::string, std::string> labels_of_config(const std::string& config_json) {
    std::map<std::string, std::string> labels;
    if (config_json.find("\"Labels\"") == std::string::npos) return labels; // as most have it
    const Json config = Json::parse(config_json, nullptr, false);
    if (!config.is_object() || !config.contains("config") || !config["config"].is_object()) return labels;
    const auto found = config["config"].find("Labels");
    if (found == config["config"].end() || !found->is_object()) return labels;
    for (const auto& [key, value] : found->items())
        if (value.is_string()) labels.emplace(key, value.get<std::string>());
    return labels;
}

Result<void> note_image_event(Database& database, const Image& image, const std::string& action,
                              const std::string& name) {
    return add(database, image, {.type = "image", .action = action, .actor_id = image.id}, name);
}

Result<void> note_transfer_event(Database& database, const Image& image, const std::string& action,
                                 const std::string& reference, const std::string& repository) {
    return add(database, image, {.type = "image", .action = action, .actor_id = reference}, repository);
}

} // namespace rt
