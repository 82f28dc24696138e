// SPDX-License-Identifier: Apache-2.0
// Who somebody is to a registry. Plain values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <functional>
#include <string>

namespace rt {

struct RegistryCredentials {
    std::string user;
    std::string password;
    std::string identity_token; // an OAuth 2 refresh token
    std::string registry_token; // a bearer token, sent as it is
    [[nodiscard]] bool empty() const {
        return user.empty() && identity_token.empty() && registry_token.empty();
    }
    [[nodiscard]] std::string basic() const; // "Basic ..."
};

// Asked once the host ("docker.io", "localhost:5000") is known, by the thread that began the work.
using CredentialSource = std::function<Result<RegistryCredentials>(const std::string& host)>;

} // namespace rt
