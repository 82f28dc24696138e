// SPDX-License-Identifier: Apache-2.0
// Bearer tokens, as docker's and OCI's registries have them fetched: of a realm, with a password or an
// identity token, for the scopes that a challenge names. Any thread.
#pragma once

#include "core/image/module/challenge.hpp"
#include "core/image/module/http_client.hpp"
#include "core/image/registry_credentials.hpp"

#include <string>

namespace rt::image {

struct TokenRequest {
    const RegistryCredentials& credentials;
    std::string host;                             // of the registry
    std::string scope;                            // where the challenge names none; empty: none
    enum class For { now, later } use = For::now; // later: also something to keep in the password's place
};
struct Token {
    std::string bearer;
    std::string identity; // "": there is none
};

// permission_denied: the realm refuses, or is one that must not be told a secret.
Result<Token> fetch_token(const Challenge& challenge, const TokenRequest& request,
                          const Cancellation& cancellation);

} // namespace rt::image
