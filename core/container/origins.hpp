// SPDX-License-Identifier: Apache-2.0
// Who said so: where each environment variable, mount, capability, limit and rule of a container came from.
// Kept only when somebody asks (`rtctl explain run`): a start passes nullptr. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt {

// The words that `from` begins with; details follow ("flag --memory", "driver 'bridge'").
namespace origin {
inline constexpr std::string_view kDefault = "default";
inline constexpr std::string_view kImage = "image";
inline constexpr std::string_view kPrivileged = "flag --privileged";
inline constexpr std::string_view kHost = "host";
} // namespace origin

struct Origin {
    std::string kind; // "environment", "mount", "capability", "limit", "device", "namespace", "process", ...
    std::string name, value;
    std::string from;
};

class Origins {
public:
    // Replaces what was said of the same thing before.
    void note(std::string_view kind, std::string_view name, std::string_view value, std::string_view from);
    void forget(std::string_view kind, std::string_view name);
    [[nodiscard]] const std::vector<Origin>& all() const { return all_; }

private:
    std::vector<Origin>::iterator find(std::string_view kind, std::string_view name);
    std::vector<Origin> all_;
};

} // namespace rt
