// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/filters.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {

Result<std::vector<std::string>> parse_filters(const std::string& json) {
    std::vector<std::string> texts;
    if (json.empty()) return texts;
    const auto filters = parse_json(json, "filters");
    if (!filters || !filters->is_object())
        return fail(Code::invalid_argument, "invalid filter: '", json.substr(0, 80),
                    "' is not a JSON object of lists");
    for (const auto& [key, values] : filters->items()) {
        const bool is_old = values.is_object(); // {"value": true}
        if (!is_old && !values.is_array())
            return fail(Code::invalid_argument, "invalid filter '", key, "': a list of values is expected");
        for (const auto& [name, value] : values.items()) {
            if (is_old ? !value.is_boolean() : !value.is_string())
                return fail(Code::invalid_argument, "invalid filter '", key, "': values are strings");
            if (!is_old)
                texts.push_back(cat(key, "=", value.get_ref<const std::string&>()));
            else if (value.get<bool>())
                texts.push_back(cat(key, "=", name));
        }
    }
    return texts;
}

Result<std::vector<std::string>> filters_of(const Request& request) {
    return parse_filters(request.query.get("filters"));
}

} // namespace rt::rtd
