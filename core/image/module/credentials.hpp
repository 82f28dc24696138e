// SPDX-License-Identifier: Apache-2.0
// What registries want to know of us: the docker client's stored credentials, and the challenges of a 401.
#pragma once

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rt::image {

struct Credentials {
    std::string user;
    std::string password;
    std::string identity_token; // an OAuth 2 refresh token
    [[nodiscard]] bool empty() const { return user.empty() && identity_token.empty(); }
    [[nodiscard]] std::string basic() const; // "Basic ..."
};

// $DOCKER_CONFIG/config.json, else ~/.docker/config.json; empty when there are none for host. corrupt names
// the file.
Result<Credentials> find_credentials(const std::string& host);
Result<Credentials> read_credentials(const Path& file, const std::string& host);

struct Challenge {
    std::string scheme; // in lower case
    std::map<std::string, std::string> parameters;
};
// The value of one WWW-Authenticate header (RFC 9110, 11.6.1): one or more challenges. What cannot be read
// ends the list.
std::vector<Challenge> parse_challenges(std::string_view text);

} // namespace rt::image
