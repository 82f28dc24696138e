// SPDX-License-Identifier: Apache-2.0
#include "tools/rtd/models/registry_auth.hpp"

#include "core/base/base64.hpp"
#include "core/base/json.hpp"

#include <nlohmann/json.hpp>

namespace rt::rtd {
RegistryCredentials credentials_of(const Json& auth) {
    RegistryCredentials credentials{string_at(auth, "username"), string_at(auth, "password"),
                                    string_at(auth, "identitytoken"), string_at(auth, "registrytoken")};
    const std::string pair = from_base64(string_at(auth, "auth")).value_or("");
    const auto colon = pair.find(':');
    if (credentials.user.empty() && colon != std::string::npos) {
        credentials.user = pair.substr(0, colon);
        credentials.password = pair.substr(colon + 1);
    }
    return credentials;
}

Result<RegistryCredentials> registry_auth(const Request& request) {
    const std::string header = request.header("X-Registry-Auth");
    if (header.empty()) return RegistryCredentials{};
    const auto text = from_base64(header);
    if (!text) return fail(Code::invalid_argument, "the header X-Registry-Auth is not base64");
    if (text->empty()) return RegistryCredentials{};
    const Json auth = Json::parse(*text, nullptr, false);
    if (auth.is_null()) return RegistryCredentials{};
    if (!auth.is_object())
        return fail(Code::invalid_argument, "the header X-Registry-Auth is not a JSON object");
    return credentials_of(auth);
}

Result<std::string> platform_of(const Request& request) {
    const std::string text = request.query.get("platform");
    if (!text.starts_with('{')) return text;
    const Json platform = Json::parse(text, nullptr, false);
    if (!platform.is_object())
        return fail(Code::invalid_argument, "the parameter 'platform' is not a JSON object");
    std::string joined;
    for (const char* const key : {"os", "architecture", "variant"})
        if (const std::string part = string_at(platform, key); !part.empty())
            joined += cat(joined.empty() ? "" : "/", part);
    return joined;
}

} // namespace rt::rtd
