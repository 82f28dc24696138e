// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_history.hpp"

#include "core/base/json.hpp"
#include "core/base/time_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace rt {
namespace {

// Of each layer, the base first.
Result<std::vector<std::int64_t>> layer_sizes(Database& database, const std::string& image_id) {
    std::vector<std::int64_t> sizes;
    RT_TRY(database.run("SELECT coalesce((SELECT max(size) FROM layers l WHERE l.chain_id = i.chain_id), 0) "
                        "FROM image_layers i WHERE image_id = ? ORDER BY position",
                        {image_id}, [&](const SqlRow& row) { sizes.push_back(row.number(0)); }));
    return sizes;
}

HistoryStep step_of(const Json& entry) {
    HistoryStep step;
    if (!entry.is_object()) return step;
    step.created = parse_rfc3339(string_at(entry, "created")).value_or(0);
    step.created_by = string_at(entry, "created_by");
    step.comment = string_at(entry, "comment");
    return step;
}

bool has_layer(const Json& entry) {
    if (!entry.is_object()) return true;
    const auto empty = entry.find("empty_layer");
    return empty == entry.end() || !empty->is_boolean() || !empty->get<bool>();
}

} // namespace

Result<std::vector<HistoryStep>> history_of(Database& database, const Image& image) {
    RT_TRY_ASSIGN(const auto sizes, layer_sizes(database, image.id));
    const Json config = Json::parse(image.config_json, nullptr, false);
    const Json history = config.is_object() ? config.value("history", Json()) : Json();
    std::vector<HistoryStep> steps;
    std::size_t layer = 0;
    if (history.is_array())
        for (const Json& entry : history) {
            steps.push_back(step_of(entry));
            if (has_layer(entry) && layer < sizes.size()) steps.back().size = sizes[layer++];
        }
    for (; layer < sizes.size(); ++layer) steps.push_back({.size = sizes[layer]});
    std::ranges::reverse(steps);
    return steps;
}

} // namespace rt
