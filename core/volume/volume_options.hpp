// SPDX-License-Identifier: Apache-2.0
// What the volume driver `local` takes, in docker's words. Pure; any thread.
#pragma once

#include "core/base/error.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace rt {

// unsupported: there is no volume driver of this name. "" is local.
Result<void> check_volume_driver(const std::string& name);

// invalid_argument: two or more of [a-zA-Z0-9_.-], the first a letter or digit.
Result<void> check_volume_name(const std::string& name);

// type, o and device of mount(8), all of which a volume has or has none. invalid_argument names the option;
// unsupported: size, which needs quotas.
Result<void> check_local_options(const std::map<std::string, std::string>& options);

// "bind,ro,size=1m" taken apart: what mount(2) takes as flags, and the rest for the file system.
struct LocalMountOptions {
    unsigned long flags = 0;       // MS_...
    unsigned long propagation = 0; // MS_SHARED, ...: of a second call
    std::string data;
};
LocalMountOptions parse_local_mount_options(const std::string& text);

} // namespace rt
