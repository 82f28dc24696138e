// SPDX-License-Identifier: Apache-2.0
#include "core/image/module/registry_login.hpp"

#include "core/image/module/challenge.hpp"
#include "core/image/module/registry_answer.hpp"
#include "core/image/module/registry_token.hpp"

namespace rt::image {
namespace {

constexpr std::size_t kAnswerLimit = 64U << 10U;

Result<HttpResponse> knock(const std::string& host, const std::string& authorization,
                           const Cancellation& cancellation) {
    HttpRequest request;
    request.url = cat(registry_address(host), "/v2/");
    request.authorization = authorization;
    return http_perform(request, kAnswerLimit, {}, cancellation);
}

} // namespace

Result<std::string> log_in(const std::string& host, const RegistryCredentials& credentials,
                           const Cancellation& cancellation) {
    const std::string what = cat("log in to '", host, "'");
    RT_TRY_ASSIGN(const HttpResponse first, knock(host, {}, cancellation));
    if (first.status == 200) return std::string(); // it asks nobody who he is
    if (first.status != 401) return refused(host, first, what);
    const auto [begin, end] = first.headers.equal_range("www-authenticate");
    for (auto header = begin; header != end; ++header)
        for (const Challenge& challenge : parse_challenges(header->second)) {
            Token token;
            std::string authorization;
            if (challenge.scheme == "bearer") {
                const TokenRequest request{credentials, host, {}, TokenRequest::For::later};
                auto fetched = fetch_token(challenge, request, cancellation);
                if (!fetched) return in_context(std::move(fetched).error(), what);
                token = std::move(*fetched);
                authorization = cat("Bearer ", token.bearer);
            } else if (challenge.scheme == "basic" && !credentials.user.empty()) {
                authorization = credentials.basic();
            } else {
                continue;
            }
            RT_TRY_ASSIGN(const HttpResponse second, knock(host, authorization, cancellation));
            if (second.status == 200) return token.identity;
            if (second.status == 401)
                return fail(Code::permission_denied, what, ": unauthorized: incorrect username or password");
            return refused(host, second, what);
        }
    return refused(host, first, what);
}

} // namespace rt::image
