// SPDX-License-Identifier: Apache-2.0
// A registry as people write it to log in: "localhost:5000", "https://registry.example.com/", "" for
// docker.io. Pure; any thread.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>

namespace rt {

// As references name it. invalid_argument: it is no HOST[:PORT].
Result<std::string> registry_named(std::string_view text);

} // namespace rt
