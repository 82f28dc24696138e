// SPDX-License-Identifier: Apache-2.0
// Users and groups by the container's own /etc/passwd and /etc/group. The files are an image's and may be
// hostile: sizes and line lengths are bounded, malformed lines are skipped, nothing is executed. Pure
// functions over text.
#pragma once

#include "system.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rt::namespaces {

inline constexpr std::size_t kLargestUserFile = 8
                                                << 20; // directories of big sites are some hundred kilobytes
inline constexpr std::size_t kLongestUserLine = 64 << 10;
inline constexpr std::size_t kMostGroups = 65536; // the kernel's NGROUPS_MAX

struct UserIdentity {
    std::uint32_t uid = 0, gid = 0;
    std::vector<std::uint32_t> groups; // by membership; only where no group was named
    std::string home;                  // empty: not in passwd
};

// spec: "name", "uid", "name:group", "uid:group", group by name or number. A number need not be in the files.
// RTP_NOT_FOUND: a name is not in them.
Result<UserIdentity> resolve_user(std::string_view spec, std::string_view passwd, std::string_view group);

// A group by name or number, likewise.
Result<std::uint32_t> resolve_group(std::string_view name, std::string_view group);

// The home directory of a uid; empty when it has none.
std::string find_home(std::uint32_t uid, std::string_view passwd);

} // namespace rt::namespaces
