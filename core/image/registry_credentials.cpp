// SPDX-License-Identifier: Apache-2.0
#include "core/image/registry_credentials.hpp"

#include "core/base/base64.hpp"

namespace rt {

std::string RegistryCredentials::basic() const {
    return cat("Basic ", base64(cat(user, ":", password)));
}

} // namespace rt
