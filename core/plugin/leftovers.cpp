// SPDX-License-Identifier: Apache-2.0
#include "core/plugin/leftovers.hpp"

#include "core/plugin/instance.hpp"

#include <nlohmann/json.hpp>

namespace rt {
namespace {

constexpr std::size_t kMostLeftovers = 10'000;

// A text of the object; nothing where it is none.
std::optional<std::string> text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

} // namespace

LeftoverFinder::LeftoverFinder(std::unique_ptr<PluginInstance> plugin, const rtp_leftovers_v1* table)
    : plugin_(std::move(plugin)), table_(table) {}
LeftoverFinder::LeftoverFinder(LeftoverFinder&&) noexcept = default;
LeftoverFinder::~LeftoverFinder() = default;

Result<std::optional<LeftoverFinder>> LeftoverFinder::open(const DriverSpec& spec, Role role) {
    RT_TRY_ASSIGN(auto plugin, PluginInstance::make(spec, name_of(role)));
    using Table = rtp_leftovers_v1;
    RT_TRY_ASSIGN(const Table* table,
                  plugin->require_if_there(RTP_LEFTOVERS_V1, &Table::find, &Table::remove));
    if (table == nullptr) return std::nullopt;
    return LeftoverFinder(std::move(plugin), table);
}

Result<Leftover> LeftoverFinder::read(const Json& item) const {
    const auto broken = [&](const char* what) { return plugin_->broken("find", "told of ", what); };
    if (!item.is_object()) return broken("a leftover that is no JSON object");
    const auto kind = text_of(item, "kind"), name = text_of(item, "name"), what = text_of(item, "what"),
               whose = text_of(item, "whose");
    if (!kind || !name || !what || !whose || kind->empty() || name->empty())
        return broken("a leftover without a kind, a name, what it is or whose");
    return Leftover{*kind, *name, *what, *whose, text_of(item, "container").value_or(""), item.dump()};
}

Result<std::vector<Leftover>> LeftoverFinder::find(const Operation& operation, const std::string& known) {
    RT_TRY_ASSIGN(const std::string answer,
                  plugin_->call_for_json(
                      "find", operation, [&](const rtp_call* call, const rtp_sink* sink, rtp_error* error) {
                          return table_->find(plugin_->self(), call, known.c_str(), sink, error);
                      }));
    const auto json = parse_json(answer, "what it found");
    if (!json) return plugin_->broken("find", "answered what is no JSON: ", json.error().message);
    const auto list = json->find("leftovers");
    if (list == json->end() || !list->is_array())
        return plugin_->broken("find", "answered no array of leftovers");
    if (list->size() > kMostLeftovers) return plugin_->broken("find", "told of ", list->size(), " leftovers");
    std::vector<Leftover> leftovers;
    for (const Json& item : *list) {
        RT_TRY_ASSIGN(leftovers.emplace_back(), read(item));
    }
    return leftovers;
}

Result<void> LeftoverFinder::remove(const Operation& operation, const std::string& known,
                                    const Leftover& leftover) {
    return plugin_->call("remove", operation, [&](const rtp_call* call, rtp_error* error) {
        return table_->remove(plugin_->self(), call, known.c_str(), leftover.json.c_str(), error);
    });
}

} // namespace rt
