// SPDX-License-Identifier: Apache-2.0
// HostConfig.SecurityOpt taken apart. Pure; any thread.
#pragma once

#include "core/base/error.hpp"

#include <string>
#include <vector>

namespace rt {

enum class SeccompChoice { builtin, unconfined, profile };

struct SecurityOptions {
    bool no_new_privileges = false;
    SeccompChoice seccomp = SeccompChoice::builtin;
    std::string seccomp_profile; // as it was given: a path for the command line, the text in docker's API
    std::string apparmor;        // "": the default
    bool label_disabled = false;
    std::vector<std::string> labels; // "user:x", "role:x", "type:x", "level:x"
    bool system_paths_unconfined = false;
};

// "no-new-privileges[=true]", "seccomp=unconfined", "apparmor=NAME", "label=disable", with '=' or docker's
// old
// ':'. A later one wins. invalid_argument: unknown, with the nearest; unsupported: docker's, but not ours.
Result<SecurityOptions> parse_security_options(const std::vector<std::string>& options);

// SELinux's label of the process, "system_u:system_r:container_t:s0" with the parts that labels change; "":
// nothing was asked for.
std::string selinux_label(const SecurityOptions& options);

} // namespace rt
