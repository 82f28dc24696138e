// SPDX-License-Identifier: Apache-2.0
#include "core/container/engine.hpp"
#include "core/image/docker_config.hpp"
#include "core/image/image_search.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/listing.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/rows.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace rt::cli {
namespace {

constexpr std::size_t kShownOfDescription = 45;
constexpr std::array kSearchFields = {
    ListingField{"Name", "NAME"},
    ListingField{"Description", "DESCRIPTION"},
    ListingField{"StarCount", "STARS"},
    ListingField{"IsOfficial", "OFFICIAL"},
    ListingField{"IsAutomated", "AUTOMATED"},
};

options::options_description describe_search() {
    options::options_description description("Options");
    description.add_options()(
        "filter,f", options::value<std::vector<std::string>>()->composing()->value_name("KEY=VALUE"),
        "only those that fit: is-official, is-automated, stars (may be given again)")(
        "limit", options::value<int>()->value_name("N"), "at most so many, 1 to 100 (default: 25)")(
        "no-trunc", "whole descriptions")("format", options::value<std::string>()->value_name("FORMAT"),
                                          "how to show it: json (one object a line), a template, "
                                          "'table TEMPLATE'");
    return description;
}

Outcome search(const Globals& /*unused*/, const Arguments& arguments) {
    RT_TRY_ASSIGN(const auto parsed, parse(kSearch, describe_search(), arguments, Operands::anywhere, 1, 1));
    if (!parsed) return 0;
    RT_TRY_ASSIGN(Listing listing, Listing::make(parsed->get<std::string>("format"), kSearchFields,
                                                 {"Name", "Description", "StarCount", "IsOfficial"}));
    SearchQuery query;
    query.term = parsed->operands.front();
    query.limit = parsed->get<int>("limit", query.limit);
    for (const std::string& filter : parsed->get<std::vector<std::string>>("filter"))
        if (auto added = add_search_filter(query, filter); !added)
            return in_context(std::move(added).error(), "search");
    RT_TRY_ASSIGN(const auto found, search_images(query, find_docker_credentials, Engine::new_operation()));
    for (const SearchResult& result : found)
        RT_TRY(listing.add(
            {{"Name", result.name},
             {"Description", parsed->has("no-trunc") ? result.description
                                                     : shortened(result.description, kShownOfDescription)},
             {"StarCount", std::to_string(result.stars)},
             {"IsOfficial", result.official ? "[OK]" : ""},
             {"IsAutomated", result.automated ? "[OK]" : ""}}));
    listing.print();
    return 0;
}

} // namespace

const Command kSearch = {"search", "[OPTIONS] TERM", "Find images at a registry by a word", search};

} // namespace rt::cli
