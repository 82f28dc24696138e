// SPDX-License-Identifier: Apache-2.0
// A request as handlers get it. A value; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "tools/rtd/http/api_version.hpp"
#include "tools/rtd/http/query.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rt::rtd {

struct Request {
    std::string method;
    std::string path; // decoded, without the version in front
    ApiVersion version;
    Query query;
    std::vector<std::pair<std::string, std::string>> parameters; // of the path: {id}, {name}
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;            // whole, where the route takes it so
    std::string operation;       // its name in the log, and in that of drivers
    std::string_view route = ""; // the pattern that its path fits; lives for ever

    [[nodiscard]] std::string parameter(std::string_view name) const;
    [[nodiscard]] std::string header(std::string_view name) const; // "": there is none; case does not matter
    // The body; an object in any case (of an empty one too). invalid_argument.
    [[nodiscard]] Result<Json> json() const;
};

} // namespace rt::rtd
