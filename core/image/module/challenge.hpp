// SPDX-License-Identifier: Apache-2.0
// The challenges of a 401: what a registry wants to know of us.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rt::image {

struct Challenge {
    std::string scheme; // in lower case
    std::map<std::string, std::string> parameters;
};
// The value of one WWW-Authenticate header (RFC 9110, 11.6.1): one or more challenges. What cannot be read
// ends the list.
std::vector<Challenge> parse_challenges(std::string_view text);

} // namespace rt::image
