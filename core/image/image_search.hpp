// SPDX-License-Identifier: Apache-2.0
// `docker search`: images at a registry by a word. Any thread.
#pragma once

#include "core/image/image_module.hpp"

#include <optional>
#include <string>
#include <vector>

namespace rt {

struct SearchQuery {
    std::string term; // "debian"; "localhost:5000/debian" asks that registry
    int limit = 25;   // 1 to 100
    std::optional<bool> official, automated;
    std::int64_t stars = 0; // at least so many
};

// "is-official=true", "is-automated=false", "stars=3". invalid_argument names the filter.
Result<void> add_search_filter(SearchQuery& query, const std::string& filter);

// The most stars first. invalid_argument: the limit. unsupported: the registry has no search.
Result<std::vector<SearchResult>> search_images(const SearchQuery& query, const CredentialSource& credentials,
                                                const Operation& operation);

} // namespace rt
