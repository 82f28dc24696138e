// SPDX-License-Identifier: Apache-2.0
// docker's search interface of version 1: that of Docker Hub's index, and of registries that have one. Any
// thread.
#pragma once

#include "core/image/image_module.hpp"

#include <string>
#include <vector>

namespace rt::image {

// unsupported: the registry has none.
Result<std::vector<SearchResult>> search(const std::string& host, const std::string& term, int limit,
                                         const RegistryCredentials& credentials,
                                         const Cancellation& cancellation);

} // namespace rt::image
