// SPDX-License-Identifier: Apache-2.0
#include "core/api/parts.hpp"

namespace rt::api {

Json member_or(const Json& object, const char* key, Json otherwise) {
    if (!object.is_object()) return otherwise;
    const auto found = object.find(key);
    if (found == object.end()) return otherwise;
    const bool fits =
        found->type() == otherwise.type() || (found->is_number_integer() && otherwise.is_number_integer());
    return fits ? *found : otherwise;
}

std::vector<std::string> texts_of(const Json& list) {
    std::vector<std::string> texts;
    for (const Json& entry : list)
        if (entry.is_string()) texts.push_back(entry);
    return texts;
}

StringMap text_map_of(const Json& object) {
    StringMap map;
    for (const auto& [key, value] : object.items())
        if (value.is_string()) map[key] = value;
    return map;
}

Healthcheck healthcheck_of(const Json& image_check) {
    const auto number = [&](const char* key) { return member_or(image_check, key, 0).get<std::int64_t>(); };
    Healthcheck check;
    check.test = texts_of(member_or(image_check, "Test", Json::array()));
    check.interval = number("Interval");
    check.timeout = number("Timeout");
    check.start_period = number("StartPeriod");
    check.start_interval = number("StartInterval");
    check.retries = static_cast<int>(number("Retries"));
    return check;
}

Json healthcheck_json(const Healthcheck& check) {
    Json value = Json::object();
    set_unless_empty(value, "Test", check.test);
    set_unless_zero(value, "Interval", check.interval);
    set_unless_zero(value, "Timeout", check.timeout);
    set_unless_zero(value, "StartPeriod", check.start_period);
    set_unless_zero(value, "StartInterval", check.start_interval);
    set_unless_zero(value, "Retries", check.retries);
    return value;
}

} // namespace rt::api
