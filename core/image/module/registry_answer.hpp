// SPDX-License-Identifier: Apache-2.0
// How registries answer, and where they are. Any thread.
#pragma once

#include "core/image/module/http_client.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rt::image {

inline constexpr int kMostTries = 6; // without progress
inline constexpr std::chrono::milliseconds kLongestWait(30'000);

// "https://registry-1.docker.io" for docker.io; http only for this machine.
std::string registry_address(const std::string& host);

bool is_temporary(long status);
// The seconds of a Retry-After header, within bounds.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response);
Result<void> wait(std::chrono::milliseconds time, const Cancellation& cancellation);

// The error that a status stands for, with what the registry says of it. object: "manifest of 'a/b:c'".
std::unexpected<Error> refused(const std::string& host, const HttpResponse& response,
                               const std::string& object);

} // namespace rt::image
