// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/registry_token.hpp"

#include "core/base/json.hpp"
#include "core/image/module/registry_answer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace rt::image {
namespace {

constexpr std::size_t kTokenLimit = 1U << 20U;

std::string parameter(const Challenge& challenge, const char* name) {
    const auto found = challenge.parameters.find(name);
    return found == challenge.parameters.end() ? std::string() : found->second;
}

// A scope per parameter: a challenge has them in one, with blanks between them.
std::string scope_parameters(std::string_view scopes) {
    std::string text;
    while (!scopes.empty()) {
        const auto blank = std::min(scopes.find(' '), scopes.size());
        if (blank > 0) text += cat("&scope=", percent_encode(scopes.substr(0, blank)));
        scopes.remove_prefix(std::min(blank + 1, scopes.size()));
    }
    return text;
}

HttpRequest ask(const std::string& realm, const std::string& service, const std::string& scope,
                const TokenRequest& wanted) {
    const RegistryCredentials& credentials = wanted.credentials;
    HttpRequest request;
    request.url = realm;
    if (!credentials.identity_token.empty()) {
        request.form = cat("grant_type=refresh_token&client_id=rt&service=", percent_encode(service),
                           "&scope=", percent_encode(scope),
                           "&refresh_token=", percent_encode(credentials.identity_token));
        return request;
    }
    request.url += cat(realm.find('?') == std::string::npos ? "?" : "&", "client_id=rt");
    if (!service.empty()) request.url += cat("&service=", percent_encode(service));
    request.url += scope_parameters(scope);
    if (wanted.use == TokenRequest::For::later) request.url += "&offline_token=true";
    if (!credentials.user.empty()) {
        request.url += cat("&account=", percent_encode(credentials.user));
        request.authorization = credentials.basic();
    }
    return request;
}

// It goes into a header.
bool is_token(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

} // namespace

Result<Token> fetch_token(const Challenge& challenge, const TokenRequest& wanted,
                          const Cancellation& cancellation) {
    const std::string realm = parameter(challenge, "realm");
    const std::string origin = origin_of(realm);
    const bool safe = origin.starts_with("https://") ||
                      (origin.starts_with("http://") && is_this_machine(std::string_view(origin).substr(7)) &&
                       is_this_machine(wanted.host));
    if (!safe)
        return fail(Code::permission_denied, "the registry '", wanted.host, "' asks to authorise at '", realm,
                    "', which is not an https address: refused");
    std::string scope = parameter(challenge, "scope");
    if (scope.empty()) scope = wanted.scope;
    RT_TRY_ASSIGN(const HttpResponse response,
                  http_perform(ask(realm, parameter(challenge, "service"), scope, wanted), kTokenLimit, {},
                               cancellation));
    if (response.status != 200) return refused(wanted.host, response, cat("authorise at '", origin, "'"));
    RT_TRY_ASSIGN(const Json answer, parse_json(response.body, cat("the token of '", origin, "'")));
    if (answer.is_object())
        for (const char* const key : {"token", "access_token"})
            if (std::string bearer = string_at(answer, key); is_token(bearer)) {
                std::string identity = string_at(answer, "refresh_token");
                return Token{std::move(bearer), is_token(identity) ? std::move(identity) : std::string()};
            }
    return fail(Code::corrupt, "the answer of '", origin, "' has no token");
}

} // namespace rt::image
