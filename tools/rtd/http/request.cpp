// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/http/request.hpp"

#include <nlohmann/json.hpp>

#include <strings.h>

namespace rt::rtd {

std::string Request::parameter(std::string_view name) const {
    for (const auto& [key, value] : parameters)
        if (key == name) return value;
    return {};
}

std::string Request::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0)
            return value;
    return {};
}

Result<Json> Request::json() const {
    if (body.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
    auto parsed = parse_json(body, "the body of the request");
    if (!parsed) return fail(Code::invalid_argument, parsed.error().message);
    if (parsed->is_null()) return Json::object();
    if (!parsed->is_object())
        return fail(Code::invalid_argument, "the body of the request: a JSON object is expected, not ",
                    parsed->type_name());
    return parsed;
}

} // namespace rt::rtd
