// SPDX-License-Identifier: Apache-2.0
// Who a client is to a registry, as it says with each request: the header X-Registry-Auth, or a body of POST
// /auth. rtd keeps none of it, and has no credentials of its own. Pure; any thread.
#pragma once

#include "core/image/registry_credentials.hpp"
#include "tools/rtd/http/request.hpp"

#include <string>

namespace rt::rtd {

// Empty where the client says nothing. invalid_argument: the header is no base64 of a JSON object.
Result<RegistryCredentials> registry_auth(const Request& request);
// docker's AuthConfig.
RegistryCredentials credentials_of(const Json& auth);

// docker's parameter "platform": a JSON object, or a text as the command line has it. "": there is none.
Result<std::string> platform_of(const Request& request);

} // namespace rt::rtd
