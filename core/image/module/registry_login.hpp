// SPDX-License-Identifier: Apache-2.0
// Whether a registry knows somebody. Any thread.
#pragma once

#include "core/image/module/http_client.hpp"
#include "core/image/registry_credentials.hpp"

#include <string>

namespace rt::image {

// An identity token, where the registry gives one in the password's place; else "". permission_denied: the
// registry does not know him.
Result<std::string> log_in(const std::string& host, const RegistryCredentials& credentials,
                           const Cancellation& cancellation);

} // namespace rt::image
