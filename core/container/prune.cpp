// SPDX-License-Identifier: Apache-2.0
#include "core/container/prune.hpp"

#include "core/base/filter.hpp"
#include "core/base/time_text.hpp"
#include "core/container/disk_use.hpp"
#include "core/container/listing.hpp"
#include "core/container/stop.hpp"
#include "core/image/image_service.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace rt {
namespace {

constexpr auto kPruneKeys = std::to_array<std::string_view>({"label", "label!", "until"});

bool has_label(const StringMap& labels, const std::pair<std::string, std::string>& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && (wanted.second.empty() || found->second == wanted.second);
}

std::pair<std::string, std::string> key_and_value(const std::string& text) {
    const auto equals = text.find('=');
    return {text.substr(0, equals), equals == text.npos ? "" : text.substr(equals + 1)};
}

Result<void> note_prune(Engine::State& state, const char* type, std::uint64_t reclaimed) {
    Event event;
    event.type = type;
    event.action = "prune";
    event.attributes = Json{{"reclaimed", std::to_string(reclaimed)}}.dump();
    return state.database.transaction([&] { return state.events.add(event); });
}

// What an image says of itself; a config that is not as it should be says nothing.
struct ImageFacts {
    std::int64_t created = 0;
    StringMap labels;
};
ImageFacts facts_of(const Image& image) {
    ImageFacts facts{image.created_at, {}};
    const Json config = Json::parse(image.config_json, nullptr, false);
    if (!config.is_object()) return facts;
    if (const auto created = config.find("created"); created != config.end() && created->is_string())
        facts.created = parse_rfc3339(created->get<std::string>()).value_or(facts.created);
    const auto inner = config.find("config");
    if (inner == config.end() || !inner->is_object()) return facts;
    const auto labels = inner->find("Labels");
    if (labels == inner->end() || !labels->is_object()) return facts;
    for (const auto& [key, value] : labels->items())
        if (value.is_string()) facts.labels[key] = value.get<std::string>();
    return facts;
}

// Of all layers that are unpacked.
Result<std::int64_t> bytes_of_layers(Engine::State& state) {
    std::int64_t bytes = 0;
    RT_TRY(state.database.run("SELECT coalesce(sum(size), 0) FROM layers", {},
                              [&](const SqlRow& row) { bytes = row.number(0); }));
    return bytes;
}

// A name after the other: with the last one the image goes, unless a container has come to use it meanwhile.
void remove_image(ImageService& service, const Image& image, Pruned& pruned) {
    std::vector<std::string> references = image.names;
    if (references.empty()) references.push_back(image.id);
    for (const std::string& reference : references) {
        auto removed = service.remove(reference, ImageService::Force::no, Engine::new_operation());
        if (!removed) {
            const Code code = removed.error().code;
            if (code != Code::not_found && code != Code::failed_precondition)
                pruned.problems.push_back(std::move(removed).error());
            return;
        }
        pruned.untagged.insert(pruned.untagged.end(), removed->untagged.begin(), removed->untagged.end());
        pruned.deleted.insert(pruned.deleted.end(), removed->deleted.begin(), removed->deleted.end());
        if (!removed->warning.empty())
            pruned.problems.push_back(Error{Code::unavailable, 0, std::move(removed->warning)});
    }
}

} // namespace

Result<PruneFilters> PruneFilters::parse(const std::vector<std::string>& texts, std::int64_t now) {
    PruneFilters filters;
    for (const std::string& text : texts) {
        RT_TRY_ASSIGN(const auto filter, split_filter(text, kPruneKeys));
        const auto& [key, value] = filter;
        if (value.empty())
            return fail(Code::invalid_argument, "filter '", text, "' has no value: give ", key, "=VALUE");
        if (key != "until") {
            (key == "label" ? filters.with_ : filters.without_).push_back(key_and_value(value));
            continue;
        }
        if (filters.until_ != 0) return fail(Code::invalid_argument, "more than one until filter specified");
        auto until = parse_time(value, now);
        if (!until) return in_context(std::move(until).error(), "filter '", text, "'");
        filters.until_ = *until;
    }
    return filters;
}

bool PruneFilters::matches(std::int64_t created_at, const StringMap& labels) const {
    const auto has = [&](const auto& wanted) { return has_label(labels, wanted); };
    if (until_ != 0 && created_at > until_) return false;
    if (!std::ranges::all_of(with_, has)) return false;
    return without_.empty() || !std::ranges::all_of(without_, has);
}

Result<Pruned> prune_containers(Engine& engine, const PruneFilters& filters) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(ContainerList list, list_containers(engine));
    Pruned pruned;
    pruned.problems = std::move(list.problems);
    for (const ContainerSummary& summary : list.containers) {
        const Container& container = summary.record;
        const bool rests = container.phase == Phase::created || container.phase == Phase::exited;
        if (!rests || !filters.matches(container.created_at, summary.labels)) continue;
        const auto size = disk_use(engine, container); // not counted: it goes all the same
        auto removed = remove(engine, container.id, Force::no);
        if (removed) {
            pruned.deleted.push_back(container.id);
            if (size) pruned.reclaimed += size->own;
        } else if (removed.error().code != Code::not_found && // somebody was quicker, or started it
                   removed.error().code != Code::failed_precondition) {
            pruned.problems.push_back(std::move(removed).error());
        }
    }
    RT_TRY(note_prune(*state, "container", pruned.reclaimed));
    return pruned;
}

Result<Pruned> prune_images(Engine& engine, const PruneFilters& filters, PruneImages which) {
    RT_TRY_ASSIGN(Engine::State* const state, engine.state());
    RT_TRY_ASSIGN(const auto images, state->images.list());
    RT_TRY_ASSIGN(const auto containers, state->containers.list());
    std::set<std::string> used;
    for (const Container& container : containers) used.insert(container.image_id);
    RT_TRY_ASSIGN(const std::int64_t before, bytes_of_layers(*state));
    ImageService service(engine.wiring(), state->database, engine.drivers());
    Pruned pruned;
    for (const Image& image : images) {
        if (used.contains(image.id) || (which == PruneImages::dangling && !image.names.empty())) continue;
        const ImageFacts facts = facts_of(image);
        if (filters.matches(facts.created, facts.labels)) remove_image(service, image, pruned);
    }
    RT_TRY_ASSIGN(const std::int64_t after, bytes_of_layers(*state));
    pruned.reclaimed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, before - after));
    RT_TRY(note_prune(*state, "image", pruned.reclaimed));
    return pruned;
}

} // namespace rt
