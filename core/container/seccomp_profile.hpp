// SPDX-License-Identifier: Apache-2.0
// Docker's JSON format of seccomp profiles, and its translation into the OCI runtime specification's
// linux.seccomp for one container on one host. Pure; any thread.
#pragma once

#include "core/base/error.hpp"
#include "core/base/json.hpp"

#include <string>
#include <vector>

namespace rt {

// What a profile's "includes", "excludes" and "archMap" are compared with.
struct SeccompTarget {
    std::string architecture;              // Go's name: "amd64"
    std::string kernel;                    // "6.1.0-18-amd64": its first two numbers count
    std::vector<std::string> capabilities; // "CAP_SYS_ADMIN", ...
};

// invalid_argument names the place in the profile and what is wrong there: an unknown key, action, comparison
// or architecture. (System calls that there are not are the driver's to name: it knows libseccomp.)
Result<Json> seccomp_for(const std::string& profile, const SeccompTarget& target);
Result<void> check_seccomp_profile(const std::string& profile);

} // namespace rt
