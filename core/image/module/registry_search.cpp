// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/registry_search.hpp"

#include "core/base/json.hpp"
#include "core/image/module/registry_answer.hpp"

#include <nlohmann/json.hpp>

namespace rt::image {
namespace {

constexpr std::size_t kResultsLimit = 4U << 20U;

bool flag_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

SearchResult result_of(const Json& item) {
    SearchResult result;
    result.name = string_at(item, "name");
    result.description = string_at(item, "description");
    result.official = flag_of(item, "is_official");
    result.automated = flag_of(item, "is_automated");
    if (const auto stars = item.find("star_count"); stars != item.end() && stars->is_number_integer())
        result.stars = stars->get<std::int64_t>();
    return result;
}

} // namespace

Result<std::vector<SearchResult>> search(const std::string& host, const std::string& term, int limit,
                                         const RegistryCredentials& credentials,
                                         const Cancellation& cancellation) {
    const std::string address =
        host == "docker.io" ? std::string("https://index.docker.io") : registry_address(host);
    HttpRequest request;
    request.url = cat(address, "/v1/search?q=", percent_encode(term), "&n=", limit);
    request.headers = {"Accept: application/json"};
    if (!credentials.user.empty()) request.authorization = credentials.basic();
    const std::string what = cat("search for '", term, "'");
    auto response = http_perform(request, kResultsLimit, {}, cancellation);
    if (!response) return in_context(std::move(response).error(), what);
    if (response->status == 404)
        return fail(Code::unsupported, what, ": the registry '", host,
                    "' has no search (docker's interface of version 1)");
    if (response->status != 200) return refused(host, *response, what);
    RT_TRY_ASSIGN(const Json answer, parse_json(response->body, cat("what '", host, "' found")));
    const auto found = answer.is_object() ? answer.find("results") : answer.end();
    if (!answer.is_object() || found == answer.end() || !found->is_array())
        return fail(Code::corrupt, what, ": the answer of '", host, "' has no list of results");
    std::vector<SearchResult> results;
    for (const Json& item : *found) {
        if (results.size() == static_cast<std::size_t>(limit)) break;
        if (item.is_object()) results.push_back(result_of(item));
    }
    return results;
}

} // namespace rt::image
