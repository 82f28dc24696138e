// SPDX-License-Identifier: Apache-2.0
// The versions of docker's API that rtd speaks. Values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace rt::rtd {

struct ApiVersion {
    int major = 1, minor = 0;
    auto operator<=>(const ApiVersion&) const = default;
};
std::string to_string(ApiVersion version);

inline constexpr ApiVersion kNewest{1, 50};
inline constexpr ApiVersion kOldest{1, 24};   // what is told to clients
inline constexpr ApiVersion kAccepted{1, 21}; // what files of the first docker-compose ask for

// Takes "/v1.43" off the front of a path. No version in front: the newest. invalid_argument, in docker's
// words: too old, or too new.
Result<ApiVersion> take_version(std::string_view& path);

} // namespace rt::rtd
