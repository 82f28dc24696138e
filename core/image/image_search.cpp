// SPDX-License-Identifier: Apache-2.0
#include "core/image/image_search.hpp"

#include "core/base/filter.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace rt {
namespace {

constexpr auto kKeys = std::to_array<std::string_view>({"is-automated", "is-official", "stars"});
constexpr auto kBooleans = std::to_array<std::string_view>({"true", "false", "1", "0"});
constexpr std::string_view kOfficial = "library/";

struct Place {
    std::string host, term;
};

Place place_of(const std::string& text) {
    const auto slash = text.find('/');
    const std::string first = text.substr(0, slash);
    const bool host = slash != std::string::npos &&
                      (first.find_first_of(".:") != std::string::npos || first == "localhost");
    if (host && first != "docker.io" && first != "index.docker.io") return {first, text.substr(slash + 1)};
    std::string term = host ? text.substr(slash + 1) : text;
    if (term.starts_with(kOfficial)) term.erase(0, kOfficial.size());
    return {"docker.io", term};
}

} // namespace

Result<void> add_search_filter(SearchQuery& query, const std::string& filter) {
    RT_TRY_ASSIGN(const auto parts, split_filter(filter, kKeys));
    const auto& [key, value] = parts;
    if (key == "stars") {
        const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), query.stars);
        if (problem != std::errc() || end != value.data() + value.size() || query.stars < 0)
            return fail(Code::invalid_argument, "invalid filter 'stars=[", value,
                        "]': it is a number of stars");
        return {};
    }
    RT_TRY(check_filter_value(filter, kBooleans));
    (key == "is-official" ? query.official : query.automated) = value == "true" || value == "1";
    return {};
}

Result<std::vector<SearchResult>> search_images(const SearchQuery& query, const CredentialSource& credentials,
                                                const Operation& operation) {
    if (query.limit < 1 || query.limit > 100)
        return fail(Code::invalid_argument, "limit ", query.limit, " is outside the range of [1, 100]");
    const Place place = place_of(query.term);
    if (place.term.empty()) return fail(Code::invalid_argument, "search: there is no word to look for");
    RegistryCredentials known;
    if (credentials) {
        RT_TRY_ASSIGN(known, credentials(place.host));
    }
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const Cancellation cancellation{&operation};
    RT_TRY_ASSIGN(auto found, module->search(place.host, place.term, query.limit, known, cancellation));
    std::erase_if(found, [&](const SearchResult& result) {
        return result.stars < query.stars || (query.official && *query.official != result.official) ||
               (query.automated && *query.automated != result.automated);
    });
    std::ranges::stable_sort(found, std::ranges::greater(), &SearchResult::stars);
    return found;
}

} // namespace rt
