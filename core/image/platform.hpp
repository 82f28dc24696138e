// SPDX-License-Identifier: Apache-2.0
// For which machines an image is: "linux/arm64/v8". Plain values; any thread.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rt {

struct Platform {
    std::string os;
    std::string architecture; // Go's names: amd64, arm64, arm, 386, ...
    std::string variant;

    [[nodiscard]] std::string text() const;
};

Platform host_platform();

// "OS/ARCH[/VARIANT]" or "ARCH"; "x86_64" and "aarch64" are understood. Empty: the host's.
Result<Platform> parse_platform(std::string_view text);

// How well a machine that wants one platform runs the other: 0 not at all, more is better.
int platform_match(const Platform& wanted, const Platform& offered);

// May a container be asked for with --platform text? unsupported: this host does not run that. "": it is not
// asked for.
Result<void> check_host_runs(std::string_view text);

} // namespace rt
